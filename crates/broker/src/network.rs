//! Networks in which endpoints may lie.

use std::fmt;
use std::net::IpAddr;

/// An address range in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Parses `10.0.0.0/8` or `fd00::/8`; a bare address means that one alone.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = text
            .split_once('/')
            .map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address
            .trim()
            .parse()
            .map_err(|_| format!("{text:?} is not a network such as 10.0.0.0/8"))?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(widest), |bits| bits.trim().parse().map_err(|_| ()));
        match bits {
            Ok(bits) if bits <= widest => Ok(Self { address, bits }),
            _ => Err(format!(
                "{text:?}: the part after / is a number up to {widest}"
            )),
        }
    }

    /// Whether the address lies in it. An IPv4 address written as IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same_prefix(
                u128::from(u32::from(own)) << 96,
                u128::from(u32::from(other)) << 96,
                self.bits,
            ),
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                same_prefix(u128::from(own), u128::from(other), self.bits)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Whether an address may be connected to.
pub(crate) fn allowed(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

fn same_prefix(one: u128, other: u128, bits: u8) -> bool {
    let shift = 128_u32.saturating_sub(u32::from(bits));
    (one ^ other).checked_shr(shift).unwrap_or_default() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_their_network_only() {
        let ten = Network::parse("10.0.0.0/8").unwrap();
        for (address, inside) in [
            ("10.255.1.1", true),
            ("11.0.0.1", false),
            ("::ffff:10.1.1.1", true),
            ("::1", false),
        ] {
            assert_eq!(ten.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!(
            Network::parse("0.0.0.0/0")
                .unwrap()
                .contains("8.8.8.8".parse().unwrap())
        );
        assert!(
            Network::parse("127.0.0.1")
                .unwrap()
                .contains("127.0.0.1".parse().unwrap())
        );
        assert!(Network::parse("10.0.0.0/33").is_err());
    }
}
