//! Which datagram session a client's next datagram belongs to.
//!
//! Invariant: a key is found only while its session lives and takes more datagrams. The key holds
//! the socket's place in memory, which no other socket can have as long as the session holds it.

use core::net::IpAddr;
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use stream::config::Address;

/// Client, and socket and address it sent to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientKey {
    socket: usize,
    client: Address,
    local: Option<IpAddr>,
}

impl ClientKey {
    /// None for a client without an address: each of its datagrams is a session of its own.
    pub(crate) fn new(
        socket: &Arc<OwnedFd>,
        client: &Address,
        local: Option<IpAddr>,
    ) -> Option<Self> {
        let nameless = matches!(client, Address::Unix(path) if path.as_os_str().is_empty());
        let socket = Arc::as_ptr(socket).addr();
        (!nameless).then(|| Self {
            socket,
            client: client.clone(),
            local,
        })
    }
}

/// The datagram clients of one thread.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    sessions: HashMap<ClientKey, usize>,
}

impl Clients {
    /// The session of `key`.
    pub(crate) fn find(&self, key: Option<&ClientKey>) -> Option<usize> {
        self.sessions.get(key?).copied()
    }

    /// Datagrams of `key` belong to `session` from now on.
    pub(crate) fn insert(&mut self, key: Option<ClientKey>, session: usize) {
        if let Some(key) = key {
            self.sessions.insert(key, session);
        }
    }

    /// Datagrams of `key` no longer belong to `session`, if they did.
    pub(crate) fn remove(&mut self, key: Option<&ClientKey>, session: usize) {
        if let Some(key) = key
            && self.sessions.get(key) == Some(&session)
        {
            self.sessions.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> Arc<OwnedFd> {
        Arc::new(
            std::net::UdpSocket::bind("127.0.0.1:0")
                .expect("loopback")
                .into(),
        )
    }

    #[test]
    fn sockets_and_addresses_keep_clients_apart() {
        let (one, two) = (socket(), socket());
        let client = Address::Inet("127.0.0.1:5".parse().expect("an address"));
        let local = Some("127.0.0.2".parse().expect("an address"));
        let mut clients = Clients::default();
        clients.insert(ClientKey::new(&one, &client, None), 7);
        assert_eq!(
            clients.find(ClientKey::new(&one, &client, None).as_ref()),
            Some(7)
        );
        assert_eq!(
            clients.find(ClientKey::new(&two, &client, None).as_ref()),
            None
        );
        assert_eq!(
            clients.find(ClientKey::new(&one, &client, local).as_ref()),
            None
        );
        clients.remove(ClientKey::new(&one, &client, None).as_ref(), 8);
        assert_eq!(
            clients.find(ClientKey::new(&one, &client, None).as_ref()),
            Some(7)
        );
        clients.remove(ClientKey::new(&one, &client, None).as_ref(), 7);
        assert_eq!(
            clients.find(ClientKey::new(&one, &client, None).as_ref()),
            None
        );
        assert_eq!(ClientKey::new(&one, &Address::Unix("".into()), None), None);
    }
}
