//! What was said on the switches, with the port it came by.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lab::sniff::{self, Frame, Heard};

use super::stage::told;

/// Hears all switches of the namespace. What it costs the kernel is charged to whoever sends, so it
/// is only there where it is needed.
pub(super) struct Ear {
    heard: Arc<Mutex<Vec<Heard>>>,
    stop: Arc<AtomicBool>,
}

impl Ear {
    pub(super) fn new() -> Result<Self, String> {
        let socket = sniff::open().map_err(told("a packet socket"))?;
        let ear = Self {
            heard: Arc::default(),
            stop: Arc::default(),
        };
        let (heard, stop) = (Arc::clone(&ear.heard), Arc::clone(&ear.stop));
        std::thread::spawn(move || {
            sniff::listen(&socket, |frame| {
                heard
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(frame);
                !stop.load(Ordering::Relaxed)
            })
        });
        Ok(ear)
    }

    /// Forgets what it heard.
    pub(super) fn clear(&self) {
        self.all().clear();
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When each advert of a virtual router came by a port, in microseconds, in order.
    pub(super) fn adverts(&self, port: u32) -> Vec<(u64, u8)> {
        let of = |heard: &Heard| match heard.what {
            Frame::Advert(advert) if heard.port == port => Some((heard.at_us, advert.vrid)),
            Frame::Advert(_) | Frame::Claim(_) => None,
        };
        self.all().iter().filter_map(of).collect()
    }

    /// When a port was first heard to advertise after `begin`, in microseconds.
    pub(super) fn first_advert(&self, port: u32, begin: u64) -> Option<u64> {
        let times = self.adverts(port).into_iter().map(|(at, _)| at);
        times.filter(|at| *at >= begin).min()
    }

    /// When each address was first claimed by a port, in microseconds.
    pub(super) fn claims(&self, port: u32) -> Vec<u64> {
        let mut seen = std::collections::BTreeMap::new();
        for heard in self.all().iter().filter(|heard| heard.port == port) {
            if let Frame::Claim(address) = heard.what {
                seen.entry(address).or_insert(heard.at_us);
            }
        }
        let mut times: Vec<u64> = seen.into_values().collect();
        times.sort_unstable();
        times
    }
}

/// The listener ends with the next frame that it hears.
impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
