package payload

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// maxRecords is how many records of a section are looked at: as many addresses as fit the largest message that resolvers offer by
// default (4096 bytes, 16 for an address).
const maxRecords = 256

// readDNS reads a DNS message (RFC 1035, section 4). One without a question, or with an operation other than a query, says nothing.
func readDNS(b []byte) Said {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || h.OpCode != 0 {
		return Said{}
	}
	q, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil {
		return Said{}
	}
	s := Said{Talk: flow.DNSQuery, ID: h.ID, Code: uint16(q.Type), Name: []byte(strings.ToLower(strings.TrimSuffix(q.Name.String(), ".")))}
	if h.Response {
		s.Talk = flow.DNSAnswer
		if h.Authoritative {
			s.Bits |= flow.Authoritative
		}
		if h.Truncated {
			s.Bits |= flow.DNSTruncated
		}
		s.Answer = answers(&p, h.RCode)
	}
	if p.SkipAllAnswers() == nil && p.SkipAllAuthorities() == nil && hasOPT(&p) {
		s.Bits |= flow.Extended
	}
	return s
}

// answers gives the addresses of an answer section, sorted; without any the other records, and without those the RCODE. Of a section that
// is longer than is looked at it gives nothing.
func answers(p *dnsmessage.Parser, rcode dnsmessage.RCode) []byte {
	var addresses, others []string
	for n := 0; ; n++ {
		h, err := p.AnswerHeader()
		if err != nil {
			break
		}
		if n == maxRecords {
			return nil
		}
		switch h.Type {
		case dnsmessage.TypeA:
			var r dnsmessage.AResource
			if r, err = p.AResource(); err == nil {
				addresses = append(addresses, netip.AddrFrom4(r.A).String())
			}
		case dnsmessage.TypeAAAA:
			var r dnsmessage.AAAAResource
			if r, err = p.AAAAResource(); err == nil {
				addresses = append(addresses, netip.AddrFrom16(r.AAAA).String())
			}
		case dnsmessage.TypeCNAME:
			var r dnsmessage.CNAMEResource
			if r, err = p.CNAMEResource(); err == nil {
				others = append(others, strings.ToLower(strings.TrimSuffix(r.CNAME.String(), ".")))
			}
		default:
			others = append(others, strings.TrimPrefix(h.Type.String(), "Type"))
			err = p.SkipAnswer()
		}
		if err != nil {
			break
		}
	}
	found := addresses
	if len(found) == 0 {
		found = others
	}
	if len(found) == 0 {
		return []byte(rcodeName(rcode))
	}
	slices.Sort(found)
	return []byte(strings.Join(slices.Compact(found), ", "))
}

// rcodeName gives the mnemonic of RFC 1035, section 4.1.1, as resolvers print it.
func rcodeName(r dnsmessage.RCode) string {
	switch r {
	case dnsmessage.RCodeSuccess:
		return "NOERROR, no records"
	case dnsmessage.RCodeFormatError:
		return "FORMERR"
	case dnsmessage.RCodeServerFailure:
		return "SERVFAIL"
	case dnsmessage.RCodeNameError:
		return "NXDOMAIN"
	case dnsmessage.RCodeNotImplemented:
		return "NOTIMP"
	case dnsmessage.RCodeRefused:
		return "REFUSED"
	}
	return "RCODE " + strconv.Itoa(int(r))
}

func hasOPT(p *dnsmessage.Parser) bool {
	for range maxRecords {
		h, err := p.AdditionalHeader()
		if err != nil {
			return false
		}
		if h.Type == dnsmessage.TypeOPT {
			return true
		}
		if p.SkipAdditional() != nil {
			return false
		}
	}
	return false
}

// dnsOverTCP reads a message behind its two bytes of length (RFC 1035, section 4.2.2).
func dnsOverTCP(b []byte) Said {
	if len(b) < 2 {
		return Said{}
	}
	length := int(b[0])<<8 | int(b[1])
	return readDNS(b[2:min(2+length, len(b))])
}
