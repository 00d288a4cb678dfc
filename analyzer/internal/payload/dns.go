package payload

import (
	"bytes"
	"fmt"
	"hash/fnv"
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

// readDNS reads a DNS message (RFC 1035, section 4). One without a question, or with an operation other than a query, says nothing. Of one
// that was cut inside its question it gives the labels that are left, and "..." for the others.
func readDNS(b []byte, cut bool) Said {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || h.OpCode != 0 {
		return Said{}
	}
	q, err := p.Question()
	if err != nil && cut {
		return cutQuestion(h, b)
	}
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
		var misfit bool
		if s.Answer, misfit = answers(&p, h.RCode, q.Type); misfit {
			s.Bits |= flow.OtherKind
		}
	}
	if p.SkipAllAnswers() == nil && p.SkipAllAuthorities() == nil && hasOPT(&p) {
		s.Bits |= flow.Extended
	}
	return s
}

// cutQuestion reads what is left of a message whose question goes on beyond the end of b.
func cutQuestion(h dnsmessage.Header, b []byte) Said {
	const header, maxLabel = 12, 63 // RFC 1035, sections 4.1.1 and 2.3.4
	if b[4] != 0 || b[5] != 1 {     // QDCOUNT: what has not just one question is hardly DNS
		return Said{}
	}
	s := Said{Talk: flow.DNSQuery, ID: h.ID, More: true}
	if h.Response {
		s.Talk = flow.DNSAnswer
	}
	for b = b[header:]; len(b) > 0 && 0 < b[0] && b[0] <= maxLabel && int(b[0]) < len(b); b = b[1+b[0]:] {
		s.Name = append(append(s.Name, bytes.ToLower(b[1:1+b[0]])...), '.')
	}
	s.Name = append(s.Name, ".."...)
	return s
}

// answers gives the addresses of an answer section, sorted; without any the other records, and without those the RCODE. Of a section that
// is longer than is looked at it gives nothing. It also says whether there are addresses, and none of the kind that was asked for.
func answers(p *dnsmessage.Parser, rcode dnsmessage.RCode, asked dnsmessage.Type) (text []byte, misfit bool) {
	var addresses, others []string
	fits := false
	for n := 0; ; n++ {
		h, err := p.AnswerHeader()
		if err != nil {
			break
		}
		if n == maxRecords {
			return nil, false
		}
		fits = fits || h.Type == asked
		r, err := p.Answer()
		if err != nil {
			others = append(others, strings.TrimPrefix(h.Type.String(), "Type")) // a body that is not understood
			if p.SkipAnswer() != nil {
				break
			}
			continue
		}
		switch r := r.Body.(type) {
		case *dnsmessage.AResource:
			addresses = append(addresses, netip.AddrFrom4(r.A).String())
		case *dnsmessage.AAAAResource:
			addresses = append(addresses, netip.AddrFrom16(r.AAAA).String())
		default:
			others = append(others, record(h.Type, r))
		}
	}
	misfit = len(addresses) > 0 && !fits && (asked == dnsmessage.TypeA || asked == dnsmessage.TypeAAAA)
	found := addresses
	if len(found) == 0 {
		found = others
	}
	if len(found) == 0 {
		return []byte(rcodeName(rcode)), false
	}
	slices.Sort(found)
	return []byte(strings.Join(slices.Compact(found), ", ")), misfit
}

// record writes what a record says, as far as it tells one answer from another: a name that it points to, or its type and a digest of its
// data.
func record(typ dnsmessage.Type, body dnsmessage.ResourceBody) string {
	name := func(n dnsmessage.Name) string { return strings.ToLower(strings.TrimSuffix(n.String(), ".")) }
	kind := strings.TrimPrefix(typ.String(), "Type")
	switch r := body.(type) {
	case *dnsmessage.CNAMEResource:
		return name(r.CNAME)
	case *dnsmessage.NSResource:
		return kind + " " + name(r.NS)
	case *dnsmessage.PTRResource:
		return kind + " " + name(r.PTR)
	case *dnsmessage.MXResource:
		return kind + " " + name(r.MX)
	case *dnsmessage.SRVResource:
		return kind + " " + name(r.Target) + ":" + strconv.Itoa(int(r.Port))
	case *dnsmessage.SOAResource:
		return kind + " " + name(r.NS) // its serial number may change between two answers
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%v", body)
	return fmt.Sprintf("%s #%08x", kind, h.Sum32())
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

// dnsOverTCP reads a message behind its two bytes of length (RFC 1035, section 4.2.2), as far as it is there. Some resolvers send the
// length in a segment of its own.
func dnsOverTCP(b []byte) Said {
	const header = 12
	if len(b) < 2 {
		return Said{More: len(b) > 0}
	}
	length := int(b[0])<<8 | int(b[1])
	if length < header {
		return Said{}
	}
	s := readDNS(b[2:min(2+length, len(b))], false)
	s.More = len(b) < 2+length
	return s
}
