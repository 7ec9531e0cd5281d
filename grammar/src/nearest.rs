//! "Did you mean": the known word that is closest to an unknown one.
//!
//! Deliberately unknown here: what the words mean.

/// The candidate closest to `word`, if it is close enough to be a slip of the hand: a third of
/// the letters may differ.
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|name| (distance(word, name), name))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// Edit distance with transpositions (optimal string alignment), ignoring case.
fn distance(a: &str, b: &str) -> usize {
    let lower = |text: &str| {
        text.chars()
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    let (a, b) = (lower(a), lower(b));
    let width = b.len() + 1;
    let mut cells = vec![0; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let at = |i: usize, j: usize| i * width + j;
            cells[at(i, j)] = if i == 0 || j == 0 {
                i + j
            } else {
                let replace = cells[at(i - 1, j - 1)] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replace
                    .min(cells[at(i - 1, j)] + 1)
                    .min(cells[at(i, j - 1)] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(cells[at(i - 2, j - 2)] + 1);
                }
                best
            };
        }
    }
    cells[a.len() * width + b.len()]
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
    }
}
