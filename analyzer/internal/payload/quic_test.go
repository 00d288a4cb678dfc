package payload_test

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/payload"
	"github.com/capforensics/capforensics/analyzer/internal/quictest"
)

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// vectorFrames is the payload of RFC 9001, appendix A.2, and of RFC 9369, appendix A.2, without the padding.
const vectorFrames = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00000b" +
	"6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e000500050100000000003300260024001d00209370b2c9ca" +
	"a47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00" +
	"024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff"

// TestRFCVectors compares what the kit seals with the packets of the RFCs, and opens them. The tag at the end depends on every byte.
func TestRFCVectors(t *testing.T) {
	for _, tt := range []struct {
		name       string
		v2         bool
		begin, end string
	}{
		{"RFC 9001", false, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c", "e221af44860018ab0856972e194cd934"},
		{"RFC 9369", true, "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := quictest.Initial{V2: tt.v2, DCID: unhex(t, "8394c8f03e515708"), Number: 2, Frames: unhex(t, vectorFrames), Size: 1200}
			b := p.Bytes()
			if got := hex.EncodeToString(b); len(b) != 1200 || !strings.HasPrefix(got, tt.begin) || !strings.HasSuffix(got, tt.end) {
				t.Fatalf("%d bytes %.100s..%s, want 1200, %s..%s", len(b), got, got[len(got)-32:], tt.begin, tt.end)
			}
			var q payload.QUIC[int]
			said := q.Read(1, b, len(b))
			if said.Talk != flow.QUICInitial || string(said.Name) != "example.com" || string(said.Answer) != "8394c8f03e515708" {
				t.Errorf("talk %d, name %q, connection ID %q", said.Talk, said.Name, said.Answer)
			}
			// Every bit is authenticated: a changed one leaves the outside of the packet, and no name.
			b[600] ^= 1
			if said := q.Read(2, b, len(b)); said.Talk != flow.QUICInitial || len(said.Name) > 0 {
				t.Errorf("a packet with a changed bit says %+v", said)
			}
		})
	}
}

// TestHelloInPieces sends a hello as browsers do: cut up, in random order, over two datagrams, the first of them twice.
func TestHelloInPieces(t *testing.T) {
	hello := quictest.ClientHello("www.example.com")
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var frames [2][]byte
		cuts := []int{0, 3, 100 + r.IntN(100), 400 + r.IntN(300), 1000 + r.IntN(100), len(hello)}
		for _, i := range r.Perm(len(cuts) - 1) {
			where := r.IntN(2)
			if len(frames[where])+cuts[i+1]-cuts[i] > 1100 {
				where = 1 - where
			}
			frames[where] = append(frames[where], 1) // PING
			frames[where] = append(frames[where], quictest.Crypto(cuts[i], hello[cuts[i]:cuts[i+1]])...)
		}
		var q payload.QUIC[string]
		var names []string
		for i, which := range []int{0, 0, 1} {
			p := quictest.Initial{DCID: []byte("12345678"), SCID: []byte("abc"), Number: uint32(i), Frames: frames[which], Size: 1200}
			b := p.Bytes()
			if said := q.Read("flow", b, len(b)); said.Talk != flow.QUICInitial {
				t.Fatalf("%+v", said)
			} else if len(said.Name) > 0 {
				names = append(names, string(said.Name))
			}
		}
		if len(names) != 1 || names[0] != "www.example.com" {
			t.Fatalf("names %q, want one", names)
		}
	}
}

func TestServerSide(t *testing.T) {
	var q payload.QUIC[int]
	read := func(b []byte) payload.Said { return q.Read(1, b, len(b)) }
	first := quictest.Initial{DCID: []byte("12345678"), SCID: []byte("abc"), Frames: quictest.Crypto(0, quictest.ShortHello("a.example")), Size: 1200}
	read(first.Bytes())
	refusal := quictest.Initial{Key: []byte("12345678"), DCID: []byte("abc"), SCID: []byte("server"), Server: true, Frames: []byte{2, 0, 0, 0, 0, 0x1c, 0x41, 0x28, 6, 0}}
	if said := read(append(refusal.Bytes(), make([]byte, 100)...)); said.Talk != flow.QUICClose || said.Code != 0x128 {
		t.Errorf("a refusal with alert 40: %+v", said)
	}
	if said := read([]byte("\xf0\x00\x00\x00\x01\x03abc\x06server" + strings.Repeat("t", 30))); said.Talk != flow.QUICRetry || string(said.Answer) != hex.EncodeToString([]byte("server")) {
		t.Errorf("a retry: %+v", said)
	}
	// After the Retry the keys follow from the server's connection ID.
	again := quictest.Initial{DCID: []byte("server12"), Token: []byte("t"), Frames: quictest.Crypto(0, quictest.ShortHello("b.example")), Size: 1200}
	b := again.Bytes()
	if said := q.Read(1, b, len(b)); said.Talk != flow.QUICInitial {
		t.Errorf("an Initial after a retry: %+v", said)
	}
	if said := read([]byte("\xc0\x00\x00\x00\x00\x03abc\x04serv\x00\x00\x00\x01\x6b\x33\x43\xcf")); said.Talk != flow.QUICVersions {
		t.Errorf("a version negotiation: %+v", said)
	}
	// What the snap length cut is known by its header.
	if said := q.Read(7, b[:60], len(b)); said.Talk != flow.QUICInitial || len(said.Name) > 0 {
		t.Errorf("a cut Initial: %+v", said)
	}
	if said := q.Read(7, b[:60], 60); said.Talk != flow.NoTalk {
		t.Errorf("an Initial that is longer than its datagram: %+v", said)
	}
}

func TestRequests(t *testing.T) {
	ntp := make([]byte, 48)
	ntp[0], ntp[44], ntp[28] = 0x23, 7, 7
	ike := make([]byte, 28)
	ike[6], ike[17], ike[18], ike[19] = 9, 0x20, 34, 0x28
	radius := append([]byte{1, 5, 0, 20}, make([]byte, 16)...)
	for _, tt := range []struct {
		name string
		b    []byte
		port uint16
		talk flow.Talk
		code uint16
		id   uint16
	}{
		{"NTP", ntp, 123, flow.Request, flow.ServiceNTP, 0x700},
		{"NTP on another port", ntp, 1234, flow.NoTalk, 0, 0},
		{"IKE", ike, 500, flow.Reply, flow.ServiceIKE, 0x900},
		{"IKE behind NAT", append(make([]byte, 4), ike...), 4500, flow.Reply, flow.ServiceIKE, 0x900},
		{"ESP", ike, 4500, flow.NoTalk, 0, 0},
		{"RADIUS", radius, 1812, flow.Request, flow.ServiceRADIUS, 5},
		{"RADIUS cut", radius[:19], 1812, flow.NoTalk, 0, 0},
	} {
		if s := payload.UDP(tt.b, false, 40000, tt.port); s.Talk != tt.talk || s.Code != tt.code || s.ID != tt.id {
			t.Errorf("%s: %+v, want talk %d, code %d, ID %#x", tt.name, s, tt.talk, tt.code, tt.id)
		}
	}
}

func FuzzQUIC(f *testing.F) {
	p := quictest.Initial{DCID: []byte("12345678"), Frames: quictest.Crypto(0, quictest.ShortHello("a.example")), Size: 1200}
	f.Add(p.Bytes(), p.Bytes())
	p.V2 = true
	f.Add(p.Bytes(), []byte("\xc0\x00\x00\x00\x00\x03abc\x04serv\x00\x00\x00\x01"))
	f.Add([]byte("\xf0\x00\x00\x00\x01\x03abc\x06server"), []byte{0xc0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var q payload.QUIC[int]
		for _, d := range [][]byte{a, b, a} {
			q.Read(2, d, len(d)/2)
			if said := q.Read(1, d, len(d)); len(said.Name) > len(a)+len(b) || said.Talk == flow.NoTalk && len(said.Name) > 0 || !payload.IsQUIC(d) && said.Talk != flow.NoTalk {
				t.Errorf("%+v of %d bytes", said, len(d))
			}
		}
	})
}

// FuzzFrames seals arbitrary frames, so that what reads them sees them: random bytes never pass the authentication.
func FuzzFrames(f *testing.F) {
	f.Add(quictest.Crypto(0, quictest.ShortHello("a.example")), []byte{2, 0, 0, 0, 0, 0x1c, 0x41, 0x28, 6, 0})
	f.Fuzz(func(t *testing.T, client, server []byte) {
		if len(client)+len(server) > 2000 {
			return
		}
		var q payload.QUIC[int]
		c := quictest.Initial{DCID: []byte("12345678"), Frames: client, Size: 100}
		s := quictest.Initial{Key: c.DCID, Server: true, Frames: server, Size: 100}
		for _, p := range [][]byte{c.Bytes(), s.Bytes(), c.Bytes()} {
			if said := q.Read(1, p, len(p)); !said.Talk.IsQUIC() || len(said.Name) > len(client) {
				t.Errorf("%+v", said)
			}
		}
	})
}
