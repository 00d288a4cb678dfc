package payload

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// clientHello gives the first flight of the standard library's TLS client.
func clientHello(tb testing.TB, name string) []byte {
	tb.Helper()
	c, s := net.Pipe()
	go func() { _ = tls.Client(c, &tls.Config{ServerName: name}).Handshake() }() // fails as nobody answers
	b := make([]byte, 1<<14)
	n, err := s.Read(b)
	if err != nil {
		tb.Fatal(err)
	}
	s.Close()
	return b[:n]
}

func TestClientHello(t *testing.T) {
	hello := clientHello(t, "www.example.com")
	said := TCP(hello, 40000, 443)
	if said.Talk != flow.TLSClientHello || string(said.Name) != "www.example.com" || said.More || int(said.Code) != len(hello)-9 {
		t.Errorf("%+v of a hello of %d bytes: want www.example.com and %d", said, len(hello), len(hello)-9)
	}
	// The same message in records of 50 bytes each.
	var split []byte
	for b := hello[5:]; len(b) > 0; {
		n := min(50, len(b))
		split = append(append(split, 22, 3, 1, 0, byte(n)), b[:n]...)
		b = b[n:]
	}
	if said := TCP(split, 40000, 443); string(said.Name) != "www.example.com" {
		t.Errorf("in several records: %+v", said)
	}
}

// TestClientHelloInSegments cuts a hello at every byte: the name must come out of the two segments.
func TestClientHelloInSegments(t *testing.T) {
	hello := clientHello(t, "www.example.com")
	for cut := 6; cut < len(hello); cut++ {
		var a Assembler[string]
		said := TCP(hello[:cut], 40000, 443)
		if len(said.Name) > 0 {
			continue // all of the name is in the first segment
		}
		if !said.More {
			t.Fatalf("cut at %d: nothing more is expected", cut)
		}
		a.Begin("flow", 0xffffffff, hello[:cut])
		if a.Continue("other", uint32(cut)-1, hello[cut:]) != nil || a.Continue("flow", 0xfffffffe, hello[cut:]) != nil {
			t.Fatalf("cut at %d: a segment of another flow or place goes on with the hello", cut)
		}
		if said := TCP(a.Continue("flow", uint32(cut)-1, hello[cut:]), 40000, 443); string(said.Name) != "www.example.com" {
			t.Fatalf("cut at %d: %+v", cut, said)
		}
	}
}

// TestHelloInAnyOrder sends the segments of a post-quantum hello in every order, one of them twice.
func TestHelloInAnyOrder(t *testing.T) {
	hello := clientHello(t, "www.example.com")
	cuts := []int{0, 50, 700, len(hello)}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {0, 0, 2, 2, 1}, {2, 2, 0, 0, 1}} {
		var a Assembler[string]
		var whole []byte
		for _, i := range order {
			switch b := hello[cuts[i]:cuts[i+1]]; i {
			case 0:
				whole = a.Begin("flow", 1000, b)
			default:
				whole = a.Keep("flow", 1000, 1000+uint32(cuts[i]), b)
			}
		}
		if said := TCP(whole, 40000, 443); string(said.Name) != "www.example.com" {
			t.Errorf("in the order %v: %+v of %d bytes", order, said, len(whole))
		}
	}
}

// TestOuterName: of a hello under ECH the name in clear is that of the provider, and the message says so.
func TestOuterName(t *testing.T) {
	hello := clientHello(t, "public.example")
	hello = append(hello, 0xfe, 0x0d, 0, 3, 0, 0, 0) // one more extension
	n := len(hello) - 5
	hello[3], hello[4] = byte(n>>8), byte(n)
	hello[7], hello[8] = byte((n-4)>>8), byte(n-4)
	at := 5 + 4 + 2 + 32
	at += 1 + int(hello[at])
	at += 2 + int(hello[at])<<8 + int(hello[at+1])
	at += 1 + int(hello[at])
	ext := int(hello[at])<<8 + int(hello[at+1]) + 7
	hello[at], hello[at+1] = byte(ext>>8), byte(ext)
	if said := TCP(hello, 40000, 443); string(said.Name) != "public.example" || said.Bits&flow.EncryptedHello == 0 {
		t.Errorf("%+v", said)
	}
}

// TestAssemblerGivesUp: a message whose end is lost does not slow down what follows for ever.
func TestAssemblerGivesUp(t *testing.T) {
	var a Assembler[int]
	a.Begin(1, 0, make([]byte, 100))
	for range patience {
		a.Continue(2, 0, nil)
	}
	if a.Waiting() {
		t.Error("it is still waited for")
	}
}

func TestAssemblerIsBounded(t *testing.T) {
	var a Assembler[int]
	for i := range 10 * maxOpen {
		a.Begin(i, 0, make([]byte, 100))
	}
	if len(a.open) != maxOpen {
		t.Errorf("%d messages are open, want %d", len(a.open), maxOpen)
	}
	last, seq := 10*maxOpen-1, uint32(100)
	for a.Waiting() && a.Continue(last, seq, make([]byte, 1000)) != nil {
		seq += 1000
	}
	if seq > maxHello {
		t.Errorf("a message of %d bytes is kept, want at most %d", seq, maxHello)
	}
}

func TestTCP(t *testing.T) {
	for _, tt := range []struct {
		name, payload, said, answer string
		talk                        flow.Talk
		code                        uint16
	}{
		{"request", "GET /a?b HTTP/1.1\r\nAccept: */*\r\nhOsT: example.com\r\n\r\n", "example.com/a?b", "", flow.HTTPRequest, 0},
		{"request of a proxy", "GET http://example.com/a HTTP/1.1\r\nHost: example.com\r\n\r\n", "http://example.com/a", "", flow.HTTPRequest, 0},
		{"tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", "example.com:443", "", flow.HTTPRequest, 0},
		{"without host", "GET / HTTP/1.0\r\n\r\nHost: not a field\r\n", "/", "", flow.HTTPRequest, 0},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: http://block.example/x\r\n\r\n", "", "http://block.example/x", flow.HTTPResponse, 302},
		{"answer", "HTTP/1.1 200 OK\r\nLocation: nowhere\r\n\r\n", "", "", flow.HTTPResponse, 200},
		{"no status", "HTTP/1.1 2x0 OK\r\n\r\n", "", "", flow.NoTalk, 0},
		{"banner", "SSH-2.0-OpenSSH_9.9\r\n", "SSH-2.0-OpenSSH_9.9", "", flow.SSHBanner, 0},
		{"alert", "\x15\x03\x03\x00\x02\x02\x28", "", "", flow.TLSAlert, 2<<8 | 40},
		{"encrypted alert", "\x15\x03\x03\x00\x1a" + strings.Repeat("x", 26), "", "", flow.TLSAlert, flow.SecretAlert},
		{"server hello", "\x16\x03\x03\x00\x7a\x02" + strings.Repeat("x", 121), "", "", flow.TLSServerHello, 122},
		{"text", "Good morning", "", "", flow.NoTalk, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := TCP([]byte(tt.payload), 40000, 80)
			if s.Talk != tt.talk || string(s.Name) != tt.said || string(s.Answer) != tt.answer || s.Code != tt.code {
				t.Errorf("%q: talk %d, name %q, answer %q, code %d; want %d, %q, %q, %d", tt.payload, s.Talk, s.Name, s.Answer, s.Code, tt.talk, tt.said, tt.answer, tt.code)
			}
		})
	}
}

func TestDNS(t *testing.T) {
	name := dnsmessage.MustNewName("Www.Example.com.")
	question := []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}
	a := func(ip ...byte) dnsmessage.Resource {
		return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: [4]byte(ip)}}
	}
	for _, tt := range []struct {
		name   string
		m      dnsmessage.Message
		answer string
		bits   flow.MessageBits
	}{
		{"query", dnsmessage.Message{Questions: question}, "", 0},
		{"addresses are sorted", dnsmessage.Message{Header: dnsmessage.Header{Response: true, Authoritative: true}, Questions: question,
			Answers: []dnsmessage.Resource{a(192, 0, 2, 9), a(192, 0, 2, 1), a(192, 0, 2, 9)}}, "192.0.2.1, 192.0.2.9", flow.Authoritative},
		{"no such name", dnsmessage.Message{Header: dnsmessage.Header{Response: true, RCode: dnsmessage.RCodeNameError}, Questions: question}, "NXDOMAIN", 0},
		{"nothing", dnsmessage.Message{Header: dnsmessage.Header{Response: true, Truncated: true}, Questions: question}, "NOERROR, no records", flow.DNSTruncated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.m.ID = 7
			b, err := tt.m.Pack()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []Said{UDP(b, false, 53, 40000), TCP(append([]byte{byte(len(b) >> 8), byte(len(b))}, b...), 40000, 53)} {
				if string(s.Name) != "www.example.com" || s.ID != 7 || s.Code != 1 || string(s.Answer) != tt.answer || s.Bits != tt.bits {
					t.Errorf("%q, id %d, type %d, answer %q, bits %b; want www.example.com, 7, 1, %q, %b", s.Name, s.ID, s.Code, s.Answer, s.Bits, tt.answer, tt.bits)
				}
			}
		})
	}
	if s := UDP([]byte("no message of DNS"), true, 53, 40000); s.Talk != flow.NoTalk {
		t.Errorf("%+v of no message", s)
	}
}

// TestCutDNS: what is left of a message that was cut anywhere in its question still tells its ID, its direction and the labels that are whole.
func TestCutDNS(t *testing.T) {
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: 0x1234, Response: true}, Questions: []dnsmessage.Question{
		{Name: dnsmessage.MustNewName("WWW.example.org."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	const header = 12
	for n := range len(b) {
		want := Said{}
		switch {
		case n >= header+16:
			want = Said{Talk: flow.DNSAnswer, ID: 0x1234, Name: []byte("www.example.org...")}
		case n >= header+12:
			want = Said{Talk: flow.DNSAnswer, ID: 0x1234, Name: []byte("www.example...")}
		case n >= header+4:
			want = Said{Talk: flow.DNSAnswer, ID: 0x1234, Name: []byte("www...")}
		case n >= header:
			want = Said{Talk: flow.DNSAnswer, ID: 0x1234, Name: []byte("..")}
		}
		if got := UDP(b[:n], true, 53, 40000); got.Talk != want.Talk || got.ID != want.ID || string(got.Name) != string(want.Name) {
			t.Errorf("%d bytes: %+v, want %+v", n, got, want)
		}
		if got := UDP(b[:n], false, 53, 40000); got.Talk != flow.NoTalk {
			t.Errorf("%d bytes, not cut by the capture: %+v", n, got)
		}
	}
}

// TestDNSRecords: two answers differ where their records do, whatever the type; addresses of the kind that was not asked for are told.
func TestDNSRecords(t *testing.T) {
	name := dnsmessage.MustNewName("example.com.")
	answer := func(asked dnsmessage.Type, bodies ...dnsmessage.ResourceBody) Said {
		m := dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Questions: []dnsmessage.Question{{Name: name, Type: asked, Class: dnsmessage.ClassINET}}}
		for _, b := range bodies {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: b})
		}
		b, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return UDP(b, false, 53, 40000)
	}
	v4, v6 := &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}, &dnsmessage.AAAAResource{}
	cname := &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("cdn.example.")}
	for _, tt := range []struct {
		said Said
		want string
		odd  bool
	}{
		{answer(dnsmessage.TypeA, cname, v4), "192.0.2.1", false},
		{answer(dnsmessage.TypeAAAA, v4), "192.0.2.1", true},
		{answer(dnsmessage.TypeAAAA, v6), "::", false},
		{answer(dnsmessage.TypeAAAA, cname), "cdn.example", false},
		{answer(dnsmessage.TypeMX, &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("Mail.example.")}), "MX mail.example", false},
		{answer(dnsmessage.TypeALL, v4), "192.0.2.1", false},
	} {
		if string(tt.said.Answer) != tt.want || (tt.said.Bits&flow.OtherKind != 0) != tt.odd {
			t.Errorf("answer %q, bits %b: want %q, another kind %v", tt.said.Answer, tt.said.Bits, tt.want, tt.odd)
		}
	}
	one, two := answer(dnsmessage.TypeTXT, &dnsmessage.TXTResource{TXT: []string{"a"}}), answer(dnsmessage.TypeTXT, &dnsmessage.TXTResource{TXT: []string{"b"}})
	if string(one.Answer) == string(two.Answer) || !strings.HasPrefix(string(one.Answer), "TXT #") {
		t.Errorf("two texts are %q and %q", one.Answer, two.Answer)
	}
}

func FuzzPayload(f *testing.F) {
	f.Add(clientHello(f, "www.example.com"), uint16(443))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"), uint16(80))
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), uint16(80))
	f.Add([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"), uint16(53))
	f.Fuzz(func(t *testing.T, b []byte, port uint16) {
		for _, s := range []Said{TCP(b, 40000, port), UDP(b, len(b)%2 == 0, 40000, port)} {
			if len(s.Name) > len(b)+4*maxHead || len(s.Name) > 0 && s.Talk == flow.NoTalk {
				t.Errorf("%+v of %d bytes", s, len(b))
			}
		}
	})
}
