//! nginx's command line.
//!
//! Invariant: the rules and the error texts are nginx's own: letters may be glued together or to
//! their value (`-tq`, `-p/srv`), a value may follow as the next argument, the last one given
//! counts. No option library works this way, so the few lines that do stand here.
//! Deliberately unknown here: files, defaults, what the options do.

/// What `-s` asks the running master to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// `stop`: SIGTERM
    Stop,
    /// `quit`: SIGQUIT
    Quit,
    /// `reopen`: SIGUSR1
    Reopen,
    /// `reload`: SIGHUP
    Reload,
}

impl Request {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "stop" => Some(Self::Stop),
            "quit" => Some(Self::Quit),
            "reopen" => Some(Self::Reopen),
            "reload" => Some(Self::Reload),
            _ => None,
        }
    }

    /// Number of the signal that carries it.
    #[must_use]
    pub const fn signal(self) -> i32 {
        match self {
            Self::Stop => nix::libc::SIGTERM,
            Self::Quit => nix::libc::SIGQUIT,
            Self::Reopen => nix::libc::SIGUSR1,
            Self::Reload => nix::libc::SIGHUP,
        }
    }
}

/// The command line, understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-v`, `-V`, `-h`, `-?`
    pub version: bool,
    /// `-V`
    pub configure: bool,
    /// `-h`, `-?`
    pub help: bool,
    /// `-t`, `-T`
    pub test: bool,
    /// `-T`
    pub dump: bool,
    /// `-q`
    pub quiet: bool,
    /// `-p`
    pub prefix: Option<String>,
    /// `-c`
    pub conf: Option<String>,
    /// `-e`; `stderr` is kept as that word.
    pub error_log: Option<String>,
    /// `-g`
    pub globals: Option<String>,
    /// `-s`
    pub request: Option<Request>,
}

impl Options {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// nginx's text, without the leading `nginx: `; the exit status is 1.
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let Some(letters) = argument.strip_prefix('-') else {
                return Err(format!("invalid option: \"{argument}\""));
            };
            let mut letters = letters.chars();
            while let Some(letter) = letters.next() {
                if options.switch(letter) {
                    continue;
                }
                let wanted = match letter {
                    'p' => "directory name",
                    'c' | 'e' => "file name",
                    'g' | 's' => "parameter",
                    _ => return Err(format!("invalid option: \"{letter}\"")),
                };
                let glued = letters.as_str();
                let value = if glued.is_empty() {
                    rest.next().map(String::as_str)
                } else {
                    Some(glued)
                };
                let value =
                    value.ok_or_else(|| format!("option \"-{letter}\" requires {wanted}"))?;
                options.store(letter, value)?;
                break;
            }
        }
        Ok(options)
    }

    /// Sets what a letter without value sets; false if it is not one.
    fn switch(&mut self, letter: char) -> bool {
        match letter {
            '?' | 'h' => (self.version, self.help) = (true, true),
            'v' => self.version = true,
            'V' => (self.version, self.configure) = (true, true),
            't' => self.test = true,
            'T' => (self.test, self.dump) = (true, true),
            'q' => self.quiet = true,
            _ => return false,
        }
        true
    }

    fn store(&mut self, letter: char, value: &str) -> Result<(), String> {
        let text = Some(value.to_owned());
        match letter {
            'p' => self.prefix = text,
            'c' => self.conf = text,
            'e' => self.error_log = text,
            'g' => self.globals = text,
            _ => {
                let request = Request::parse(value);
                self.request =
                    Some(request.ok_or_else(|| format!("invalid option: \"-s {value}\""))?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn glued_and_separate_values() {
        let glued = parse("-tq -p/srv -cx.conf").expect("valid");
        assert_eq!(parse("-t -q -p /srv -c x.conf"), Ok(glued.clone()));
        assert!(glued.test && glued.quiet && !glued.dump);
        assert_eq!(glued.prefix.as_deref(), Some("/srv"));
        assert_eq!(glued.conf.as_deref(), Some("x.conf"));
        assert_eq!(parse("-tp/a").map(|o| o.prefix), Ok(Some("/a".to_owned())));
        let last = parse("-c a -c b -sreload").expect("valid");
        assert_eq!(last.conf.as_deref(), Some("b"));
        assert_eq!(last.request, Some(Request::Reload));
        assert_eq!(parse("-"), Ok(Options::default()));
    }

    #[test]
    fn errors_are_nginx_texts() {
        let error = |words| parse(words).expect_err("invalid");
        assert_eq!(error("reload"), "invalid option: \"reload\"");
        assert_eq!(error("-tx"), "invalid option: \"x\"");
        assert_eq!(error("--help"), "invalid option: \"-\"");
        assert_eq!(error("-c"), "option \"-c\" requires file name");
        assert_eq!(error("-e"), "option \"-e\" requires file name");
        assert_eq!(error("-p"), "option \"-p\" requires directory name");
        assert_eq!(error("-g"), "option \"-g\" requires parameter");
        assert_eq!(error("-s"), "option \"-s\" requires parameter");
        assert_eq!(error("-s restart"), "invalid option: \"-s restart\"");
    }
}
