package analyzertest

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const protoUDP = 17

// datagram builds the IP datagram of a packet line of a UDP flow.
func (f *flowScript) datagram(p *packetLine, sides *[2]half, get func(map[string]string, string, uint64) uint64, errs *[]error) []byte {
	i, src, dst := 0, f.client, f.server
	if p.side == 'S' {
		i, src, dst = 1, f.server, f.client
	}
	me := &sides[i]
	body := make([]byte, get(p.keys, "len", 0))
	if d, ok := p.keys["data"]; ok {
		text, err := strconv.Unquote(d)
		*errs = append(*errs, err)
		body = append([]byte(text), make([]byte, max(0, len(body)-len(text)))...)
	}
	if p.keys["dns"] != "" {
		var err error
		body, err = dns(p, get)
		*errs = append(*errs, err)
	}
	if kind := p.keys["quic"]; kind != "" {
		body = f.quic(kind, p.side == 'S')
	}
	b := binary.BigEndian.AppendUint16(nil, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(body)))
	b = append(append(b, 0, 0), body...)
	binary.BigEndian.PutUint16(b[6:], checksum(b, pseudo(src.Addr(), dst.Addr(), protoUDP, len(b))))
	id := uint16(get(p.keys, "id", 0))
	if id == 0 {
		id = me.nextID()
	}
	me.last = datagram(src.Addr(), dst.Addr(), protoUDP, uint8(get(p.keys, "ttl", uint64(me.ttl))), id, get(p.keys, "df", 1) == 1, uint8(get(p.keys, "tos", 0)), b)
	return me.last
}

// dns builds a query for the addresses of a name, or an answer with addresses that commas part; without any it says that there is no
// such name, and "fail" that the server failed. IPv4 addresses make A records, whatever was asked for.
func dns(p *packetLine, get func(map[string]string, string, uint64) uint64) ([]byte, error) {
	addresses, id, answer := p.keys["a"], uint16(get(p.keys, "dnsid", 1)), p.side == 'S'
	n, err := dnsmessage.NewName(p.keys["dns"] + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: true, Response: answer, RecursionAvailable: answer},
		Questions: []dnsmessage.Question{{Name: n, Type: dnsmessage.Type(get(p.keys, "qtype", 1)), Class: dnsmessage.ClassINET}}}
	if hasKey(p, "opt") {
		m.Additionals = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("."), Type: dnsmessage.TypeOPT, Class: 1232}, Body: &dnsmessage.OPTResource{}}}
	}
	switch {
	case !answer:
	case addresses == "":
		m.RCode = dnsmessage.RCodeNameError
	case addresses == "fail":
		m.RCode = dnsmessage.RCodeServerFailure
	default:
		for _, a := range strings.Split(addresses, ",") {
			ip, err := netip.ParseAddr(a)
			if err != nil {
				return nil, err
			}
			r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET, TTL: 300}}
			if r.Body = (&dnsmessage.AAAAResource{AAAA: ip.As16()}); ip.Is4() {
				r.Body = &dnsmessage.AResource{A: ip.As4()}
			}
			m.Answers = append(m.Answers, r)
		}
	}
	return m.Pack()
}
