//! The child run for real, in a network namespace of its own, on whatever kernel this is.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::Duration;

use lvs::config::{Check, Forwarding, Probe, Protocol, RealServer, Service, ServiceKey};
use tracing::Level;

use super::told::Configuration;
use super::{Order, Orders, run};
use crate::keepalived::status::Services;
use crate::log::{self, Line, Sink};

/// A descriptor to watch, and the orders that a test has queued.
struct Queue {
    bell: UnixStream,
    orders: mpsc::Receiver<Order>,
}

impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

impl Orders for Queue {
    fn next(&mut self) -> Option<Order> {
        let _ = self.bell.read(&mut [0; 64]);
        self.orders.try_recv().ok()
    }

    // Nobody asks here.
    fn tell(&mut self, _: &Services) {}

    fn leave(&mut self, _: &lvs::Records) {}
}

struct Lines(mpsc::Sender<String>);

impl Sink for Lines {
    fn write(&self, line: &Line<'_>) {
        let _ = self.0.send(line.message.to_owned());
    }
}

/// A running child (a thread here) and both ends of the talk with it.
struct Child {
    lines: mpsc::Receiver<String>,
    orders: mpsc::Sender<Order>,
    bell: UnixStream,
    thread: std::thread::JoinHandle<i32>,
}

impl Child {
    /// Starts the child in the namespace of this thread.
    fn start(config: impl Into<Configuration>) -> Self {
        let config = config.into();
        let (bell, heard) = UnixStream::pair().expect("sockets");
        heard.set_nonblocking(true).expect("non-blocking");
        let (orders, queued) = mpsc::channel();
        let (sender, lines) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let (subscriber, _) = log::lines(Level::TRACE, vec![Box::new(Lines(sender))]);
            let mut queue = Queue {
                bell: heard,
                orders: queued,
            };
            tracing::subscriber::with_default(subscriber, || {
                run(config, lvs::Records::default(), 1, &mut queue)
            })
        });
        Self {
            lines,
            orders,
            bell,
            thread,
        }
    }

    fn order(&mut self, order: Order) {
        self.orders.send(order).expect("the child listens");
        self.bell.write_all(b"!").expect("the child listens");
    }

    /// The next line that contains `text`.
    fn expect(&self, text: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(20)) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("no line with '{text}' ({error}) in {seen:#?}"),
            }
        }
    }
}

/// A thread in a new network namespace with loopback up.
fn in_new_network<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(|| {
        sys::process::new_network_namespace().expect("tests of the checker child need root");
        let up = std::process::Command::new("ip")
            .args(["link", "set", "lo", "up"])
            .status()
            .expect("ip");
        assert!(up.success());
        body()
    })
    .join()
    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn service(server: SocketAddr) -> lvs::Config {
    let check = Check {
        probe: Probe::Tcp {
            target: server,
            bind: None,
            timeout: Duration::from_secs(5),
        },
        delay_loop: Duration::from_millis(50),
        warmup: Duration::from_millis(50),
        retry: 1,
        delay_before_retry: Duration::from_millis(20),
        alpha: false,
    };
    lvs::Config {
        services: vec![Service {
            key: ServiceKey::Address {
                address: ([127, 0, 0, 9], 80).into(),
                protocol: Protocol::Tcp,
            },
            scheduler: "rr",
            forwarding: Forwarding::Masquerade,
            persistence: None,
            granularity: None,
            quorum: 1,
            hysteresis: 0,
            alpha: false,
            omega: false,
            sorry: None,
            servers: vec![RealServer {
                address: server,
                weight: 1,
                forwarding: Forwarding::Masquerade,
                inhibit_on_failure: false,
                alpha: false,
                checks: vec![check],
            }],
        }],
    }
}

#[test]
fn checks_go_on_without_ipvs_and_one_line_says_what_to_do() {
    in_new_network(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let server = listener.local_addr().expect("bound");
        let mut child = Child::start(service(server));
        match sys::ipvs::Ipvs::open() {
            // Where there is IPVS, the service is in it.
            Err(sys::ipvs::Error::Absent) => {
                let line = child.expect("is not served");
                assert!(
                    line.starts_with("Virtual server [127.0.0.9]:tcp:80 "),
                    "{line}"
                );
                assert!(line.contains("modprobe ip_vs"), "{line}");
                child.expect("success.");
            }
            Ok(mut table) => {
                child.expect("success.");
                let services = table.services().expect("readable");
                assert_eq!(services.len(), 1, "{services:?}");
            }
            Err(error) => panic!("{error}"),
        }
        child.order(Order::Reload(Box::new(service(server).into())));
        child.expect("Reloading");
        drop(listener);
        let line = child.expect("TCP_CHECK on service");
        assert!(line.contains("failed after 1 retries."), "{line}");
        assert!(line.contains("Connection refused"), "{line}");
        let port = server.port();
        child.expect(&format!(
            "Removing service [127.0.0.1]:tcp:{port} from VS [127.0.0.9]:tcp:80"
        ));
        child.expect("Lost quorum 1-0=1 > 0 for VS [127.0.0.9]:tcp:80");
        let _again = TcpListener::bind(server).expect("the same port");
        child.expect(&format!(
            "TCP connection to [127.0.0.1]:tcp:{port} success."
        ));
        child.expect("Adding service");
        child.order(Order::Stop);
        child.expect("Shutting down service");
        assert_eq!(child.thread.join().expect("no panic"), 0);
    });
}

#[test]
fn a_source_that_cannot_be_bound_fails_the_check_and_says_so() {
    in_new_network(|| {
        let mut config = service("127.0.0.1:9".parse().expect("an address"));
        let check = &mut config.services[0].servers[0].checks[0];
        check.probe = Probe::Tcp {
            target: "127.0.0.1:9".parse().expect("an address"),
            bind: Some("192.0.2.1:0".parse().expect("an address")),
            timeout: Duration::from_secs(1),
        };
        let mut child = Child::start(config);
        let line = child.expect("TCP_CHECK on service");
        assert!(
            line.contains("failed. Cause: cannot bind to 192.0.2.1:0"),
            "{line}"
        );
        child.order(Order::Stop);
        assert_eq!(child.thread.join().expect("no panic"), 0);
    });
}

#[test]
fn a_table_that_is_to_stay_is_left_alone_at_the_end() {
    in_new_network(|| {
        for keeps_table in [true, false] {
            let mut configuration: Configuration =
                service("127.0.0.1:9".parse().expect("an address")).into();
            configuration.keeps_table = keeps_table;
            let mut child = Child::start(configuration);
            child.expect("Activating healthchecker");
            child.order(Order::Stop);
            let lines = std::iter::from_fn(|| {
                let line = child.lines.recv_timeout(Duration::from_secs(20));
                line.ok().filter(|line| !line.starts_with("Stopped"))
            });
            let withdrawn = lines.filter(|line| line.contains("Shutting down service"));
            assert_eq!(withdrawn.count(), usize::from(!keeps_table));
            assert_eq!(child.thread.join().expect("no panic"), 0);
        }
    });
}
