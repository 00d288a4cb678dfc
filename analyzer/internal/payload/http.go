package payload

import (
	"bytes"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// maxHead is how much of an HTTP head is searched for a field: what fits a segment or two, and Host comes first (RFC 9110, section 7.2).
const maxHead = 4096

// isHTTPRequest says that a payload begins with a method of HTTP/1 (RFC 9110, section 9) or with the preface of HTTP/2 (RFC 9113, section 3.4).
func isHTTPRequest(b []byte) bool {
	for _, method := range [...]string{"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "PRI * "} {
		if len(b) >= len(method) && string(b[:len(method)]) == method {
			return true
		}
	}
	return false
}

// readHTTPRequest takes the host and the target of a request (RFC 9112, section 3).
func readHTTPRequest(b []byte) Said {
	s := Said{Talk: flow.HTTPRequest}
	_, rest, _ := bytes.Cut(firstLine(b[:min(len(b), maxHead)]), []byte(" "))
	target, _, _ := bytes.Cut(rest, []byte(" "))
	host := field(b, "host")
	switch {
	case len(host) == 0 || bytes.Contains(target, []byte("://")) || bytes.Equal(host, target):
		s.Name = target // of a proxy: with scheme and host, or nothing but the host
	default:
		s.Name = append(append([]byte(nil), host...), target...)
	}
	return s
}

// readHTTPResponse takes the status, and where a redirect leads (RFC 9112, section 4).
func readHTTPResponse(b []byte) Said {
	s := Said{Talk: flow.HTTPResponse}
	line := firstLine(b[:min(len(b), maxHead)])
	if len(line) < len("HTTP/1.1 200") {
		return Said{}
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return Said{}
		}
		s.Code = s.Code*10 + uint16(c-'0')
	}
	if s.Code/100 == 3 {
		s.Answer = field(b, "location")
	}
	return s
}

// field gives the value of a header field, whose name is in lower case; nil if the head as far as it was captured has none.
func field(b []byte, name string) []byte {
	b = b[:min(len(b), maxHead)]
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
		line := firstLine(b)
		if len(line) == 0 {
			return nil
		}
		if k := bytes.IndexByte(line, ':'); k == len(name) && bytes.EqualFold(line[:k], []byte(name)) {
			return bytes.TrimSpace(line[k+1:])
		}
	}
}
