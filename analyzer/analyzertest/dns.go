package analyzertest

import (
	"encoding/binary"
	"net/netip"
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
	if name := p.keys["dns"]; name != "" {
		var err error
		body, err = dns(name, p.keys["a"], uint16(get(p.keys, "dnsid", 1)), p.side == 'S')
		*errs = append(*errs, err)
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
// such name, and "fail" that the server failed.
func dns(name, addresses string, id uint16, answer bool) ([]byte, error) {
	n, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return nil, err
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: true, Response: answer, RecursionAvailable: answer},
		Questions: []dnsmessage.Question{{Name: n, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
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
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET, TTL: 300},
				Body: &dnsmessage.AResource{A: ip.As4()}})
		}
	}
	return m.Pack()
}
