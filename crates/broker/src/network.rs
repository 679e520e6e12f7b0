//! Networks in which endpoints may lie.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::system::{NetworkZone, Origin};

/// An address range in CIDR form. One of IPv4 addresses that is written as IPv6 is kept as what it is.
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
            Ok(bits) if bits <= widest => Ok(Self { address, bits }.canonical()),
            _ => Err(format!(
                "{text:?}: the part after / is a number up to {widest}"
            )),
        }
    }

    /// Whether the address lies in it. An IPv4 address written as IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.agrees(address.to_canonical(), self.bits)
    }

    /// Whether an address lies in both.
    fn meets(&self, other: &Self) -> bool {
        self.agrees(other.address, self.bits.min(other.bits))
    }

    fn agrees(&self, other: IpAddr, bits: u8) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same_prefix(
                u128::from(u32::from(own)) << 96,
                u128::from(u32::from(other)) << 96,
                bits,
            ),
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                same_prefix(u128::from(own), u128::from(other), bits)
            }
            _ => false,
        }
    }

    fn canonical(self) -> Self {
        match (self.address.to_canonical(), self.bits.checked_sub(96)) {
            (address @ IpAddr::V4(_), Some(bits)) if self.address.is_ipv6() => {
                Self { address, bits }
            }
            _ => self,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Which addresses lie in which part of the network. Of several networks that hold an address the narrowest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones(Vec<(Network, NetworkZone)>);

impl Zones {
    /// Parses the networks of a configuration: the word of a part, and its networks.
    ///
    /// # Errors
    /// A sentence for each word or network that cannot be used, and for each network that stands twice.
    pub fn parse(parts: &[(String, Vec<String>)]) -> Result<Self, Vec<String>> {
        let (mut known, mut faults) = (Vec::<(Network, NetworkZone)>::new(), Vec::new());
        for (word, networks) in parts {
            let zone = NetworkZone::parse(word).map_err(|cause| cause.to_string());
            for text in networks {
                match Network::parse(text).and_then(|network| Ok((network, zone.clone()?))) {
                    Ok((network, _)) if known.iter().any(|(one, _)| *one == network) => {
                        faults.push(format!("{network} stands twice"));
                    }
                    Ok(pair) => known.push(pair),
                    Err(fault) => faults.push(fault),
                }
            }
        }
        known.sort_by_key(|(network, _)| std::cmp::Reverse(network.bits));
        if faults.is_empty() {
            Ok(Self(known))
        } else {
            Err(faults)
        }
    }

    /// Where an address lies. Where nothing was told, what a system is registered in counts; where something was, an
    /// address outside of it is nowhere that a grant could name.
    pub fn of(&self, address: IpAddr) -> Origin {
        let mut known = self.0.iter();
        let found = known.find(|(network, _)| network.contains(address));
        match found {
            Some((_, zone)) => Origin::Zone(*zone),
            None if self.0.is_empty() => Origin::Registered,
            None => Origin::Elsewhere,
        }
    }
}

/// Where endpoints may lie: the networks that the operator named, less what no department can be at.
///
/// What is said about the special addresses is asked of the named networks and once more of each address before it
/// is connected to, so that neither a wide network nor a name that leads elsewhere reaches them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks {
    named: Vec<Network>,
    loopback: bool,
}

/// Addresses that are nobody's in particular (IANA special-purpose address registries, RFC 6890).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    /// This machine itself, on which databases and the console listen.
    Loopback,
    /// The neighbours on the cable, and the metadata services of clouds.
    LinkLocal,
    /// No address; a connection to it ends on this machine.
    Unspecified,
    /// Many machines at once.
    Multicast,
    /// All machines at once.
    Broadcast,
}

const SPECIAL: [(Special, Network); 9] = [
    (Special::Loopback, v4([127, 0, 0, 0], 8)),
    (Special::Loopback, v6([0, 1], 128)),
    (Special::LinkLocal, v4([169, 254, 0, 0], 16)),
    (Special::LinkLocal, v6([0xfe80, 0], 10)),
    (Special::Unspecified, v4([0, 0, 0, 0], 8)),
    (Special::Unspecified, v6([0, 0], 128)),
    (Special::Multicast, v4([224, 0, 0, 0], 4)),
    (Special::Multicast, v6([0xff00, 0], 8)),
    (Special::Broadcast, v4([255, 255, 255, 255], 32)),
];

impl Special {
    /// What it is, and why nobody's endpoint is there.
    fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "loopback, this machine itself",
            Self::LinkLocal => "link-local, where clouds keep their metadata",
            Self::Unspecified => "unspecified, which ends on this machine",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
        }
    }
}

impl Networks {
    /// Parses the networks of a configuration. `loopback` says that endpoints may lie on this machine itself, which
    /// is for demonstrations and tests; nothing admits the other special addresses.
    ///
    /// # Errors
    /// A sentence for each network that cannot be used.
    pub fn parse(texts: &[String], loopback: bool) -> Result<Self, Vec<String>> {
        let (mut named, mut faults) = (Vec::new(), Vec::new());
        for text in texts {
            let parsed = Network::parse(text).and_then(|network| must_be_usual(network, loopback));
            match parsed {
                Ok(network) => named.push(network),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            Ok(Self { named, loopback })
        } else {
            Err(faults)
        }
    }

    /// Whether an address may be connected to.
    pub fn allow(&self, address: IpAddr) -> bool {
        let special = SPECIAL.iter().find(|(_, range)| range.contains(address));
        special.is_none_or(|(special, _)| admits(*special, self.loopback))
            && self.named.iter().any(|network| network.contains(address))
    }

    /// Whether all that a name leads to may be connected to. One that leads nowhere leads to nothing allowed.
    pub fn allow_all(&self, addresses: impl IntoIterator<Item = IpAddr>) -> bool {
        let mut addresses = addresses.into_iter().peekable();
        addresses.peek().is_some() && addresses.all(|address| self.allow(address))
    }

    /// Whether this machine itself may be connected to: it is named, and it is said that it may be.
    pub fn reach_this_machine(&self) -> bool {
        self.loopback && self.named.iter().any(is_loopback)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.named.is_empty() {
            return f.write_str("no network");
        }
        let named: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        f.write_str(&named.join(", "))
    }
}

fn must_be_usual(network: Network, loopback: bool) -> Result<Network, String> {
    let met = SPECIAL
        .iter()
        .filter(|(special, range)| range.meets(&network) && !admits(*special, loopback));
    let met: Vec<(Special, Network)> = met.copied().collect();
    let Some((first, _)) = met.first() else {
        return Ok(network);
    };
    let held: Vec<String> = met
        .iter()
        .map(|(special, range)| format!("{range} ({})", special.as_str()))
        .collect();
    let next = if met.len() == 1 && *first == Special::Loopback {
        "name the networks of the departments; only for a demonstration or a test, in which providers run on this \
         machine, set endpoint_loopback = true"
    } else {
        "name the networks of the departments, each as narrow as it is"
    };
    Err(format!("{network} holds {}: {next}", held.join(", ")))
}

fn admits(special: Special, loopback: bool) -> bool {
    match special {
        Special::Loopback => loopback,
        Special::LinkLocal | Special::Unspecified | Special::Multicast | Special::Broadcast => {
            false
        }
    }
}

fn is_loopback(network: &Network) -> bool {
    let mut loopback = SPECIAL
        .iter()
        .filter(|(special, _)| *special == Special::Loopback);
    loopback.any(|(_, range)| range.meets(network))
}

const fn v4([a, b, c, d]: [u8; 4], bits: u8) -> Network {
    Network {
        address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        bits,
    }
}

/// By its first and last group of digits.
const fn v6([first, last]: [u16; 2], bits: u8) -> Network {
    Network {
        address: IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last)),
        bits,
    }
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

    #[test]
    fn a_name_that_leads_partly_outside_leads_outside() {
        let networks = parse(&["10.0.0.0/8", "192.168.1.0/24"], false).unwrap();
        for (addresses, inside) in [
            (&["10.1.1.1"][..], true),
            (&["10.1.1.1", "192.168.1.7"], true),
            (&["10.1.1.1", "192.168.2.7"], false),
            (&["8.8.8.8", "10.1.1.1"], false),
            (&["10.1.1.1", "127.0.0.1"], false),
            (&[], false),
        ] {
            let led = addresses.iter().map(|address| address.parse().unwrap());
            assert_eq!(networks.allow_all(led), inside, "{addresses:?}");
        }
    }

    fn parse(texts: &[&str], loopback: bool) -> Result<Networks, Vec<String>> {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        Networks::parse(&texts, loopback)
    }

    #[test]
    fn no_configuration_names_special_addresses_but_loopback_where_it_says_so() {
        let (never, said, always) = ([false, false], [false, true], [true, true]);
        for (network, [unsaid, when_said]) in [
            ("10.0.0.0/8", always),
            ("192.168.1.7", always),
            ("126.0.0.0/8", always),
            ("128.0.0.0/8", always),
            ("fd00::/8", always),
            ("2001:db8::/32", always),
            ("127.0.0.0/8", said),
            ("127.0.0.1", said),
            ("127.1.2.0/24", said),
            ("126.0.0.0/7", said),
            ("::1", said),
            ("::ffff:127.0.0.1", said),
            ("::ffff:127.0.0.0/104", said),
            ("::ffff:10.0.0.0/104", always),
            ("169.254.0.0/16", never),
            ("169.254.169.254", never),
            ("::ffff:169.254.169.254", never),
            ("169.0.0.0/8", never),
            ("fe80::/10", never),
            ("fe80::1", never),
            ("febf::/16", never),
            ("fec0::/10", always),
            ("0.0.0.0", never),
            ("::", never),
            ("::/127", never),
            ("224.0.0.0/4", never),
            ("239.1.2.3", never),
            ("ff02::1", never),
            ("255.255.255.255", never),
            ("240.0.0.0/4", never),
            ("0.0.0.0/0", never),
            ("::/0", never),
        ] {
            for (loopback, good) in [(false, unsaid), (true, when_said)] {
                let parsed = parse(&[network], loopback);
                assert_eq!(parsed.is_ok(), good, "{network} {loopback} {parsed:?}");
            }
        }
    }

    #[test]
    fn each_address_is_judged_before_it_is_connected_to() {
        // Whatever is named, as a bug could name it.
        let all = |loopback| Networks {
            named: vec![
                Network::parse("0.0.0.0/0").unwrap(),
                Network::parse("::/0").unwrap(),
            ],
            loopback,
        };
        for (address, unsaid, when_said) in [
            ("10.1.2.3", true, true),
            ("8.8.8.8", true, true),
            ("2001:db8::1", true, true),
            ("127.0.0.1", false, true),
            ("127.255.255.254", false, true),
            ("::1", false, true),
            ("::ffff:127.0.0.1", false, true),
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("fe80::1", false, false),
            ("0.0.0.0", false, false),
            ("::", false, false),
            ("::ffff:0.0.0.0", false, false),
            ("224.0.0.1", false, false),
            ("ff02::1", false, false),
            ("255.255.255.255", false, false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(all(false).allow(address), unsaid, "{address}");
            assert_eq!(all(true).allow(address), when_said, "{address}");
        }
        let said_alone = parse(&["10.0.0.0/8"], true).unwrap();
        assert!(!said_alone.allow("127.0.0.1".parse().unwrap()), "not named");
        assert!(!said_alone.reach_this_machine());
        let named = parse(&["10.0.0.0/8", "127.0.0.0/8"], true).unwrap();
        assert!(named.reach_this_machine());
        assert_eq!(named.to_string(), "10.0.0.0/8, 127.0.0.0/8");
        assert!(!Networks::default().allow("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_refusal_names_what_the_network_holds_and_what_to_write() {
        let faults = parse(&["127.0.0.0/8", "10.0.0.0/8", "0.0.0.0/0", "x"], false).unwrap_err();
        assert_eq!(faults.len(), 3, "every fault at once: {faults:?}");
        assert!(
            faults[0].contains("127.0.0.0/8 (loopback")
                && faults[0].contains("endpoint_loopback = true"),
            "{}",
            faults[0]
        );
        assert!(
            faults[1].contains("169.254.0.0/16 (link-local")
                && faults[1].contains("224.0.0.0/4 (multicast)")
                && !faults[1].contains("endpoint_loopback"),
            "{}",
            faults[1]
        );
    }

    #[test]
    fn the_narrowest_network_says_where_an_address_lies() {
        let parts = [
            ("public", &["10.0.0.0/8", "fd00::/8"][..]),
            ("private", &["10.2.0.0/16"][..]),
        ];
        let parts = parts.map(|(word, networks)| {
            (
                word.to_owned(),
                networks.iter().map(|one| (*one).to_owned()).collect(),
            )
        });
        let zones = Zones::parse(&parts).unwrap();
        for (address, expected) in [
            ("10.1.2.3", Origin::Zone(NetworkZone::Public)),
            ("10.2.2.3", Origin::Zone(NetworkZone::Private)),
            ("::ffff:10.2.2.3", Origin::Zone(NetworkZone::Private)),
            ("fd00::1", Origin::Zone(NetworkZone::Public)),
            ("192.0.2.1", Origin::Elsewhere),
        ] {
            assert_eq!(zones.of(address.parse().unwrap()), expected, "{address}");
        }
        let untold = Zones::default().of("192.0.2.1".parse().unwrap());
        assert_eq!(untold, Origin::Registered);
        let wrong = [
            ("moon".to_owned(), vec!["10.0.0.0/8".to_owned()]),
            ("public".to_owned(), vec!["x".to_owned()]),
        ];
        assert_eq!(Zones::parse(&wrong).unwrap_err().len(), 2);
    }
}
