//! The metrics of a route line.

use super::metric;
use crate::ast::route::Route;
use crate::keyword::Keyword;

pub(super) const METRICS: [Keyword<Route>; 16] = [
    Keyword::set(
        "mtu",
        "[lock] <N>",
        (1, Some(2)),
        metric::mtu,
        "Largest packet along the route, in bytes.",
    )
    .samples(
        &["1400", "lock 1400"],
        &["", "lock", "x", "-1", "4294967296"],
    ),
    Keyword::set(
        "advmss",
        "[lock] <N>",
        (1, Some(2)),
        metric::advmss,
        "Segment size to announce to TCP peers, in bytes.",
    )
    .samples(
        &["1400", "lock 1400"],
        &["", "lock", "x", "-1", "4294967296"],
    ),
    Keyword::set(
        "rtt",
        "[lock] <TIME>",
        (1, Some(2)),
        metric::rtt,
        "First estimate of the round-trip time; without `s` or `ms` in eighths of a millisecond.",
    )
    .samples(
        &["500ms", "1.5s", "lock 1600"],
        &["", "lock", "x", "5us", "200s"],
    ),
    Keyword::set(
        "rttvar",
        "[lock] <TIME>",
        (1, Some(2)),
        metric::rttvar,
        "First estimate of how the round-trip time varies; without `s` or `ms` in quarters of a \
         millisecond.",
    )
    .samples(&["500ms", "lock 800"], &["", "lock", "x", "5us", "200s"]),
    Keyword::set(
        "reordering",
        "[lock] <N>",
        (1, Some(2)),
        metric::reordering,
        "Packets that may overtake each other before TCP takes one for lost.",
    )
    .samples(&["5", "lock 5"], &["", "lock", "x"]),
    Keyword::set(
        "cwnd",
        "[lock] <N>",
        (1, Some(2)),
        metric::cwnd,
        "Upper bound of the congestion window, in segments.",
    )
    .samples(&["5", "lock 5"], &["", "lock", "x"]),
    Keyword::set(
        "ssthresh",
        "[lock] <N>",
        (1, Some(2)),
        metric::ssthresh,
        "First slow start threshold, in segments.",
    )
    .samples(&["5", "lock 5"], &["", "lock", "x"]),
    Keyword::set(
        "rto_min",
        "[lock] <TIME>",
        (1, Some(2)),
        metric::rto_min,
        "Least retransmission timeout; without `s` or `ms` in milliseconds.",
    )
    .samples(&["300ms", "lock 1s"], &["", "lock", "x", "5m", "-5"]),
    Keyword::set(
        "congctl",
        "[lock] <NAME>",
        (1, Some(2)),
        metric::congctl,
        "Congestion control algorithm.",
    )
    .samples(&["cubic", "lock reno"], &["", "lock"]),
    Keyword::set(
        "hoplimit",
        "<N>",
        (1, Some(1)),
        metric::hoplimit,
        "Hop limit of packets along the route.",
    )
    .since("2.0.0")
    .samples(&["64"], &["", "x", "256"]),
    Keyword::set(
        "window",
        "<N>",
        (1, Some(1)),
        metric::window,
        "Largest window to announce to TCP peers, in bytes.",
    )
    .samples(&["65535"], &["", "x", "-1"]),
    Keyword::set(
        "initcwnd",
        "<N>",
        (1, Some(1)),
        metric::initcwnd,
        "First congestion window, in segments.",
    )
    .samples(&["10"], &["", "x"]),
    Keyword::set(
        "initrwnd",
        "<N>",
        (1, Some(1)),
        metric::initrwnd,
        "First receive window, in segments.",
    )
    .samples(&["10"], &["", "x"]),
    Keyword::set(
        "features",
        "ecn",
        (1, Some(1)),
        metric::features,
        "Features to use along the route.",
    )
    .samples(&["ecn"], &["", "bogus"]),
    Keyword::set(
        "quickack",
        "0|1",
        (1, Some(1)),
        metric::quickack,
        "Whether TCP acknowledges at once instead of waiting for data to send with it.",
    )
    .samples(&["1", "0"], &["", "2", "x"]),
    Keyword::set(
        "fastopen_no_cookie",
        "0|1",
        (1, Some(1)),
        metric::fastopen_no_cookie,
        "Use TCP Fast Open without a cookie.",
    )
    .samples(&["1", "0"], &["", "2"]),
];
