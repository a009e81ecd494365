//! Networks in CIDR notation.

use core::net::IpAddr;

/// A network: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Parses `address/prefix`, or a lone address as the network of itself. Host bits may be set and do not count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u32>().ok()?)),
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        (prefix <= bits).then_some(Self { address, prefix })
    }

    /// Whether `text` is an address inside. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) counts as both; the zone
    /// of an IPv6 address (`fe80::1%11`) does not count.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        let text = text.trim();
        let address = match text.split_once('%') {
            Some((address, _)) => address.parse().map(IpAddr::V6),
            None => text.parse::<IpAddr>(),
        };
        let Ok(address) = address else { return false };
        match (self.address, address, address.to_canonical()) {
            (IpAddr::V4(network), _, IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address), _) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}
