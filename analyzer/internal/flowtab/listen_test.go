package flowtab

import (
	"fmt"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/quictest"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

func TestListen(t *testing.T) {
	k := newTalk(t)
	k.handshake()
	request := "GET /a\x1b[31m HTTP/1.1\r\nHost: example.com\r\n\r\n"
	k.send(ms, true, dataFlag, 1001, 5001, uint32(len(request)), func(s *wire.Segment) { s.Payload = []byte(request) })
	f := k.flows(t)[0]
	if len(f.Messages) != 1 || f.Named.Frame != 4 || f.Messages[0].Talk != flow.HTTPRequest {
		t.Fatalf("messages %+v, named %+v: want one request, in frame 4", f.Messages, f.Named)
	}
	if got, want := f.Names[f.Named.Name], `example.com/a\x1b[31m`; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	if p := f.PacketOf(&f.Messages[0]); p == nil || f.Says(p) != &f.Messages[0] || !p.Marks.Has(flow.Asks) {
		t.Errorf("the message's packet is %+v", p)
	}
}

// TestCutAnswerSaysNothing: of an answer that the snap length cut, only that it is one can be told.
func TestCutAnswerSaysNothing(t *testing.T) {
	for _, cut := range []bool{false, true} {
		k := newTalk(t)
		answer := "HTTP/1.1 302 Found\r\nLocation: http://block.example/\r\n\r\n"
		k.handshake()
		k.send(ms, false, dataFlag, 5001, 1001, 1000, func(s *wire.Segment) { s.Payload, s.Cut = []byte(answer), cut })
		m := k.flows(t)[0].Messages[0]
		if (m.Answer == 0) != cut {
			t.Errorf("cut %v: answer %d", cut, m.Answer)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	var in listener
	for i := range maxNames + 10 {
		in.text(fmt.Appendf(nil, "name%d", i))
	}
	if len(in.names) != maxNames+1 || in.lost != 10 {
		t.Errorf("%d texts kept, %d lost; want %d and 10", len(in.names)-1, in.lost, maxNames)
	}
	in = listener{}
	for i := range 3 * maxText / maxAnswer {
		in.text(fmt.Appendf(nil, "%d%s", i, strings.Repeat("x", maxAnswer-10)))
	}
	if in.bytes > maxText || in.lost == 0 {
		t.Errorf("%d bytes kept, %d texts lost; want at most %d bytes", in.bytes, in.lost, maxText)
	}
}

// TestHelloWhoseEndComesFirst: a path may put the second segment of a hello before the first.
func TestHelloWhoseEndComesFirst(t *testing.T) {
	hello := append([]byte{22, 3, 1, 0, 0}, quictest.ClientHello("www.example.com")...)
	hello[3], hello[4] = byte((len(hello)-5)>>8), byte(len(hello)-5)
	for _, order := range [][]int{{0, 1}, {1, 0}, {1, 1, 0}, {0, 0, 1}} {
		k := newTalk(t)
		k.handshake()
		for _, i := range order {
			part, seq := hello[:60], uint32(1001)
			if i == 1 {
				part, seq = hello[60:], 1061
			}
			k.send(ms, true, dataFlag, seq, 5001, uint32(len(part)), func(s *wire.Segment) { s.Payload = part })
		}
		f := k.flows(t)[0]
		if got := f.Names; len(got) != 2 || got[f.Named.Name] != "www.example.com" {
			t.Errorf("in the order %v: names %q", order, got)
		}
	}
}

// TestDNSOverTCP: the length may come in a segment of its own, and the message in several.
func TestDNSOverTCP(t *testing.T) {
	query := []byte("\x00\x1d\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01")
	query[1] = byte(len(query) - 2)
	for _, cut := range []int{1, 2, 7, 20, len(query)} {
		k := newTalk(t)
		k.handshake()
		at := func(s *wire.Segment) { s.DstPort = 53 }
		k.frame, k.t = 0, New(1<<20, t.TempDir())
		k.send(0, true, synFlag, 1000, 0, 0, at)
		for from, b := uint32(0), query; len(b) > 0; from += uint32(cut) {
			n := min(cut, len(b))
			part := b[:n]
			k.send(ms, true, dataFlag, 1001+from, 5001, uint32(n), func(s *wire.Segment) { s.DstPort, s.Payload = 53, part })
			b = b[n:]
		}
		f := k.flows(t)[0]
		if len(f.Messages) != 1 || f.Messages[0].Talk != flow.DNSQuery || f.Names[f.Messages[0].Name] != "www.example" || !f.PacketOf(&f.Messages[0]).Marks.Has(flow.Asks) {
			t.Errorf("in parts of %d bytes: messages %+v of %q", cut, f.Messages, f.Names)
		}
		k.t.Close()
	}
}

// TestQUIC: a connection over UDP has the name that its client asks for; what the snap length cuts is known for what it is.
func TestQUIC(t *testing.T) {
	p := quictest.Initial{DCID: []byte("12345678"), Frames: quictest.Crypto(0, quictest.ShortHello("www.example.com")), Size: 1200}
	for _, cut := range []bool{false, true} {
		k := newTalk(t)
		for range 2 {
			k.send(1000*ms, true, 0, 0, 0, 1200, func(s *wire.Segment) {
				s.Proto, s.Payload, s.Cut = protoUDP, p.Bytes(), cut
				if cut {
					s.Payload = s.Payload[:80]
				}
			})
		}
		f := k.flows(t)[0]
		if len(f.Messages) != 2 || f.Messages[1].Talk != flow.QUICInitial || f.Names[f.Messages[1].Answer] != "3132333435363738" || f.Need&flow.NeedAnswer == 0 {
			t.Errorf("messages %+v, need %b", f.Messages, f.Need)
		}
		if name := f.Names[f.Named.Name]; (name == "www.example.com") == cut {
			t.Errorf("cut %v: the name is %q", cut, name)
		}
	}
}
