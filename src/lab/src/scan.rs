//! What a keepalived configuration says about the network it wants: interface and addresses.
//!
//! Reads words, not meaning: the lab needs the interface's name before any daemon has judged the
//! file, and must bring up a node with a broken configuration, too.

use std::net::IpAddr;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    /// `interface` of the first instance that has one.
    pub interface: Option<String>,
    /// `unicast_src_ip` or `mcast_src_ip`, the first that is an address.
    pub source: Option<IpAddr>,
    /// Members of `virtual_ipaddress`.
    pub vips: Vec<IpAddr>,
    /// Whether anything is to be executed.
    pub scripts: bool,
    /// Patterns of `include` and its variants, in order.
    pub includes: Vec<String>,
}

impl Wants {
    /// Takes from what an included file says what is not known yet.
    pub(crate) fn add(&mut self, other: Self) {
        self.interface = self.interface.take().or(other.interface);
        self.source = self.source.take().or(other.source);
        self.vips.extend(other.vips);
        self.scripts |= other.scripts;
        self.includes.extend(other.includes);
    }
}

/// Reads the text of a configuration.
pub(crate) fn wants(text: &str) -> Wants {
    let mut found = Wants::default();
    let mut words = words(text).into_iter().peekable();
    while let Some(word) = words.next() {
        match word {
            "interface" if found.interface.is_none() => {
                found.interface = words.next().map(|name| trimmed(name).to_owned());
            }
            "unicast_src_ip" | "mcast_src_ip" if found.source.is_none() => {
                found.source = words.next().and_then(|text| trimmed(text).parse().ok());
            }
            "virtual_ipaddress" if words.next_if_eq(&"{").is_some() => {
                while let Some(member) = words.next_if(|word| *word != "}") {
                    found.vips.extend(address(member));
                }
            }
            "script" => found.scripts = true,
            "include" | "includer" | "includem" | "includew" | "includeb" | "includea" => {
                found.includes.extend(words.next().map(str::to_owned));
            }
            word if word.starts_with("notify") => found.scripts = true,
            _ => {}
        }
    }
    found
}

/// Words with braces apart, comments gone.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for line in text.lines() {
        let end = line.find(['#', '!']).unwrap_or(line.len());
        for word in line[..end].split_whitespace() {
            let mut rest = word;
            while let Some(at) = rest.find(['{', '}']) {
                if at > 0 {
                    words.push(&rest[..at]);
                }
                words.push(&rest[at..=at]);
                rest = &rest[at + 1..];
            }
            if !rest.is_empty() {
                words.push(rest);
            }
        }
    }
    words
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(['"', ';'])
}

fn address(word: &str) -> Option<IpAddr> {
    let word = trimmed(word);
    word.split_once('/')
        .map_or(word, |(host, _)| host)
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_on_one_line_or_many() {
        let found = wants(
            "include conf.d/*.conf
             vrrp_script c { script \"killall -0 nginx\" }
             vrrp_instance A { # eth0 is not it
               interface ens34; unicast_src_ip 172.21.18.34
               virtual_ipaddress { 10.0.0.1/24 dev x
                 10.0.0.2 }
             }",
        );
        assert_eq!(
            found,
            Wants {
                interface: Some("ens34".to_owned()),
                source: Some("172.21.18.34".parse().expect("an address")),
                vips: vec![
                    "10.0.0.1".parse().expect("an address"),
                    "10.0.0.2".parse().expect("an address")
                ],
                scripts: true,
                includes: vec!["conf.d/*.conf".to_owned()],
            }
        );
    }

    #[test]
    fn an_open_block_ends_with_the_file() {
        assert_eq!(wants("virtual_ipaddress { 10.0.0.1").vips.len(), 1);
        assert_eq!(wants("interface"), Wants::default());
    }
}
