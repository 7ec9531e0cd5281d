//! `HTTP_GET` and `SSL_GET`.

use serde::{Deserialize, Serialize};

use crate::ast::leaf::{Node, Rejected, Spanned};
use crate::ast::lvs::hex::Hex;
use crate::ast::lvs::{Attempts, Connect, words};

words! {
    /// `http_protocol`
    HttpVersion {
        /// HTTP/1.0
        V10 = "1.0",
        /// HTTP/1.0 with `Connection: close`
        V10Close = "1.0C",
        /// HTTP/1.1
        V11 = "1.1",
    }
}

/// `HTTP_GET` or `SSL_GET`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpCheck {
    /// Where it connects.
    pub connect: Connect,
    /// When it runs.
    pub attempts: Attempts,
    /// `virtualhost`
    pub virtualhost: Option<Spanned<String>>,
    /// `http_protocol`
    pub version: Option<Spanned<HttpVersion>>,
    /// `enable_sni`
    pub enable_sni: Option<bool>,
    /// `sni_name`: send this one, whatever `enable_sni` says.
    pub sni_name: Option<Spanned<String>>,
    /// `fast_recovery`
    pub fast_recovery: Option<bool>,
    /// `tls_compliant`
    pub tls_compliant: Option<bool>,
    /// `url`; at least one.
    pub urls: Vec<Url>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for HttpCheck {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

/// A page to fetch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Url {
    /// `path`; always there.
    pub path: Option<Spanned<String>>,
    /// `digest`: MD5 of the body, 16 bytes.
    pub digest: Option<Spanned<Hex>>,
    /// `status_code`: from and to, within 100 to 599; 200 to 299 when empty.
    pub status: Vec<Spanned<(u16, u16)>>,
    /// `virtualhost`
    pub virtualhost: Option<Spanned<String>>,
    /// What the body is searched for.
    pub regex: Regex,
    /// `tls_compliant`
    pub tls_compliant: Option<bool>,
    /// Keywords whose value was wrong.
    #[serde(skip)]
    pub rejected: Rejected,
}

impl Node for Url {
    fn reject(&mut self, keyword: &'static str) {
        self.rejected.0.push(keyword);
    }
}

/// What the body is searched for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Regex {
    /// `regex`: PCRE2 pattern, escapes of the configuration file resolved.
    pub pattern: Option<Spanned<String>>,
    /// `regex_no_match`: the pattern must not be there.
    pub no_match: bool,
    /// `regex_options`, each once.
    pub options: Vec<RegexOption>,
    /// `regex_min_offset` in bytes.
    pub min_offset: Option<Spanned<u64>>,
    /// `regex_max_offset` in bytes.
    pub max_offset: Option<Spanned<u64>>,
    /// `regex_stack`: first and largest size in bytes.
    pub stack: Option<Spanned<(u64, u64)>>,
}

words! {
    /// `regex_options`: names of PCRE2's compile options.
    RegexOption {
        /// PCRE2_ALLOW_EMPTY_CLASS
        AllowEmptyClass = "allow_empty_class",
        /// PCRE2_ALT_BSUX
        AltBsux = "alt_bsux",
        /// PCRE2_AUTO_CALLOUT
        AutoCallout = "auto_callout",
        /// PCRE2_CASELESS
        Caseless = "caseless",
        /// PCRE2_DOLLAR_ENDONLY
        DollarEndonly = "dollar_endonly",
        /// PCRE2_DOTALL
        Dotall = "dotall",
        /// PCRE2_DUPNAMES
        Dupnames = "dupnames",
        /// PCRE2_EXTENDED
        Extended = "extended",
        /// PCRE2_FIRSTLINE
        Firstline = "firstline",
        /// PCRE2_MATCH_UNSET_BACKREF
        MatchUnsetBackref = "match_unset_backref",
        /// PCRE2_MULTILINE
        Multiline = "multiline",
        /// PCRE2_NEVER_UCP
        NeverUcp = "never_ucp",
        /// PCRE2_NEVER_UTF
        NeverUtf = "never_utf",
        /// PCRE2_NO_AUTO_CAPTURE
        NoAutoCapture = "no_auto_capture",
        /// PCRE2_NO_AUTO_POSSESS
        NoAutoPossess = "no_auto_possess",
        /// PCRE2_NO_DOTSTAR_ANCHOR
        NoDotstarAnchor = "no_dotstar_anchor",
        /// PCRE2_NO_START_OPTIMIZE
        NoStartOptimize = "no_start_optimize",
        /// PCRE2_UCP
        Ucp = "ucp",
        /// PCRE2_UNGREEDY
        Ungreedy = "ungreedy",
        /// PCRE2_UTF
        Utf = "utf",
        /// PCRE2_NEVER_BACKSLASH_C
        NeverBackslashC = "never_backslash_c",
        /// PCRE2_ALT_CIRCUMFLEX
        AltCircumflex = "alt_circumflex",
        /// PCRE2_ALT_VERBNAMES
        AltVerbnames = "alt_verbnames",
        /// PCRE2_USE_OFFSET_LIMIT
        UseOffsetLimit = "use_offset_limit",
    }
}
