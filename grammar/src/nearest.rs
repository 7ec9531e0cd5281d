//! "Did you mean": the known word that is closest to an unknown one.
//!
//! Deliberately unknown here: what the words mean.

/// Longest word that anything is suggested for, in bytes.
const LONGEST: usize = 64;

/// The candidate closest to `word`, if it is close enough to be a slip of the hand: a third of
/// the letters may differ. A candidate whose length alone tells that it is not costs nothing.
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    let word = letters(word);
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        // Later ones must be closer.
        let limit = best.map_or(limit, |(distance, _)| distance.saturating_sub(1));
        let exact = best.is_some_and(|(distance, _)| distance == 0);
        if exact || !may_fit(name, word.len(), limit) {
            continue;
        }
        if let Some(distance) = distance(&word, &letters(name), limit) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether a name has a length that `limit` changes can lead to. A character has up to four
/// bytes, and up to three characters in lower case.
fn may_fit(name: &str, letters: usize, limit: usize) -> bool {
    let most = letters + limit;
    let least = letters.saturating_sub(limit);
    if name.is_ascii() {
        return (least..=most).contains(&name.len());
    }
    name.len() <= 4 * most && name.len() * 3 >= least
}

/// Edit distance with transpositions (optimal string alignment), if it is within the limit.
fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i);
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        // No later row has a smaller value than two rows in succession.
        let least = |row: &[usize]| row.iter().copied().min();
        if least(&row) > Some(limit) && least(&last) > Some(limit) {
            return None;
        }
        before = core::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_recognised() {
        let names = ["priority", "interface", "state", "virtual_router_id"];
        assert_eq!(nearest("prioriti", names), Some("priority"));
        assert_eq!(nearest("tsate", names), Some("state"));
        assert_eq!(nearest("Interface", names), Some("interface"));
        assert_eq!(nearest("frobnicate", names), None);
        // Of two that are as close, the first.
        assert_eq!(nearest("ac", ["ab", "ad"]), Some("ab"));
        assert_eq!(nearest("ad", ["ab", "ad"]), Some("ad"));
        assert_eq!(nearest("x", ["X", "x"]), Some("X"));
        assert_eq!(nearest("STRASSE", ["straße"]), Some("straße"));
        assert_eq!(nearest("abc", ["acb"]), Some("acb"));
        assert_eq!(nearest("", ["", "a"]), Some(""));
    }
}
