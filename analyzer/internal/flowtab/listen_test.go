package flowtab

import (
	"fmt"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
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
