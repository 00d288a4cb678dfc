package wire

// Encap names an encapsulation between a frame's own link layer and the datagram that was decoded.
type Encap uint8

// The encapsulations that are opened. EncapName gives their names.
const (
	NoEncap Encap = iota
	MPLS
	PPPoE
	L2TP
	IPinIP
	GRE
	NVGRE
	ERSPAN
	VXLAN
	Geneve
	GTPU
	Teredo
	AYIYA
	EtherIP
	PBB
	VNTag
	NSH
	TRILL
	FabricPath
	TZSP
	LISP
	GUE
	WCCP
	EoIP
	CAPWAP
	numEncaps
)

var encapNames = [numEncaps]string{
	"", "MPLS", "PPPoE", "L2TP", "IP in IP", "GRE", "NVGRE", "ERSPAN", "VXLAN", "Geneve", "GTP-U", "Teredo", "AYIYA", "EtherIP", "PBB", "VN-Tag", "NSH", "TRILL",
	"FabricPath", "TZSP", "LISP", "GUE", "WCCP", "EoIP", "CAPWAP",
}

// String gives the name that the field has for it.
func (e Encap) String() string {
	if int(e) < len(encapNames) {
		return encapNames[e]
	}
	return "unknown"
}

// Encaps gives all encapsulations that are opened.
func Encaps() []Encap {
	var all []Encap
	for e := NoEncap + 1; e < numEncaps; e++ {
		all = append(all, e)
	}
	return all
}

// maxEncaps is how many encapsulations a frame may have. Three are usual in a provider's network (GTP-U in IP in MPLS), five are known from
// mirrors of such; what claims more was made to make readers recurse.
const maxEncaps = 8

// Tenant tells apart networks that use the same addresses: what the encapsulations of a frame say of the network within. 0 is the network
// that the frame was captured in. Frames of one connection need not have one Tenant: some kinds number each direction by itself.
type Tenant uint64

// tenantGlobal marks a Tenant that has one number in both directions and all over the network: a VXLAN network identifier and its like. The
// rest, a label or tunnel end point, means something to one receiver only.
const tenantGlobal Tenant = 1 << 63

// Global says that the number is the network's own, so that two different ones are two networks.
func (t Tenant) Global() bool { return t&tenantGlobal != 0 }

// scope says what an encapsulation's number stands for.
type scope uint8

const (
	transparent scope = iota // no number, or one that tells nothing of the network: mirrors, service chains
	ends                     // none: the two ends of the tunnel are what tells it from others
	local                    // of one receiver: MPLS labels, tunnel end points, sessions
	global                   // of a network
)

// enter makes s ready for what an encapsulation carries: what was read of the outer headers goes, but for what the capture point added
// and the VLAN tags. False: too many are nested.
func (s *Segment) enter(e Encap, sc scope, id uint64) bool {
	if s.Encaps >= maxEncaps {
		return false
	}
	tenant, number := s.Tenant, id
	if sc == ends {
		id = s.between()
	}
	if sc < local {
		number = 0
	}
	if sc != transparent {
		// An odd factor loses nothing: tenants of one encapsulation never fall together.
		mixed := (uint64(tenant)*0x9e3779b97f4a7c15 ^ uint64(e)<<40 ^ id&(1<<40-1)) * 0xd6e8feb86659fd93
		tenant = tenant&tenantGlobal | Tenant(mixed)&^tenantGlobal
		if tenant == 0 {
			tenant = 1
		}
		if sc == global {
			tenant |= tenantGlobal
		}
	}
	outer := s.Outer
	if s.MF && s.IPLen > 0 && !outer.MF {
		outer = OuterFragment{Src: s.Src, Dst: s.Dst, IPID: s.IPID, FragID: s.FragID, Proto: s.Proto, V4: s.V4, MF: true}
	}
	*s = Segment{
		Link: s.Link, PktType: s.PktType, VLAN: s.VLAN, VLANs: s.VLANs, SrcMAC: s.SrcMAC, DstMAC: s.DstMAC, HasMAC: s.HasMAC,
		Encaps: s.Encaps + 1, Encap: e, EncapID: uint32(number), Tenant: tenant, Outer: outer, Aggregate: s.Aggregate, Cut: s.Cut,
	}
	return true
}

// between gives a number for the two ends of a tunnel that has none itself, the same in both directions.
func (s *Segment) between() uint64 {
	var src, dst uint64
	for i := 0; i < 16; i += 4 {
		src = (src ^ uint64(be32(s.Src[i:]))) * 0x9e3779b97f4a7c15
		dst = (dst ^ uint64(be32(s.Dst[i:]))) * 0x9e3779b97f4a7c15
		src, dst = src^src>>31, dst^dst>>31
	}
	return (src + dst) * 0xd6e8feb86659fd93 >> 24
}

// openEthernet goes on at an Ethernet frame within an encapsulation.
func openEthernet(e Encap, sc scope, id uint64, b []byte, length uint32, s *Segment) Reason {
	if !s.enter(e, sc, id) {
		return Tunnel
	}
	return decodeEthernet(b, length, s)
}

// openIP goes on at an IP header within an encapsulation.
func openIP(e Encap, sc scope, id uint64, b []byte, length uint32, s *Segment) Reason {
	if !s.enter(e, sc, id) {
		return Tunnel
	}
	return decodeIP(b, length, s)
}

// openEtherType goes on at what an ethertype names within an encapsulation.
func openEtherType(e Encap, sc scope, id uint64, typ uint16, b []byte, length uint32, s *Segment) Reason {
	if !s.enter(e, sc, id) {
		return Tunnel
	}
	return decodeEtherType(typ, b, length, s)
}

// ipFits says that data convincingly is one IP datagram: version and lengths agree with what is there. length is what was there on the
// wire; what the capture cut off is believed.
func ipFits(b []byte, length uint32) bool {
	if len(b) == 0 {
		return length > 0
	}
	switch b[0] >> 4 {
	case 4:
		header := uint32(b[0]&15) * 4
		if len(b) < 4 {
			return header >= 20 && uint32(len(b)) < length
		}
		total := uint32(be16(b[2:]))
		return header >= 20 && header <= length && (total == 0 || total >= header && total <= length)
	case 6:
		if len(b) < 6 {
			return uint32(len(b)) < length
		}
		return length >= 40 && uint32(be16(b[4:]))+40 <= length
	}
	return false
}

// etherFits says that data convincingly is an Ethernet frame: an ethertype that networks carry, or an 802.3 length, and behind it what it says.
func etherFits(b []byte, length uint32) bool {
	if length < 14 {
		return false
	}
	if len(b) < 14 {
		return uint32(len(b)) < length
	}
	typ := be16(b[12:])
	b, length = b[14:], length-14
	for isVLAN(typ) {
		if len(b) < 4 {
			return uint32(len(b)) < length
		}
		typ = be16(b[2:])
		b, length = b[4:], length-4
	}
	switch typ {
	case etherIPv4, etherIPv6:
		return ipFits(b, length) && (len(b) == 0 || (b[0]>>4 == 4) == (typ == etherIPv4))
	case etherARP, etherMPLS, etherMPLSm, etherPPPoE, etherPPPoED, etherLLDP, etherEAPOL, etherMACsec, etherLoop, etherNSH, etherTest:
		return true
	}
	// An 802.3 length is exact but for the padding of short frames.
	return typ < minEtherType && (uint32(typ) == length || uint32(typ) < length && length <= 50)
}
