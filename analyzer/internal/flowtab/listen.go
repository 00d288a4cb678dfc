package flowtab

import (
	"fmt"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/payload"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

const (
	maxNames  = 1 << 16 // different texts kept of a capture: more than a busy resolver is asked for in minutes
	maxText   = 8 << 20 // bytes of all of them
	maxName   = 255     // bytes of a name: what DNS allows, and enough of a URL
	maxAnswer = 4096    // bytes of an answer: all addresses of a DNS message of the largest usual size (RFC 9715, section 3) and more
)

// direction is a flow and who speaks.
type direction struct {
	key
	fromHigh bool
}

// listener reads payloads as frames arrive, and keeps the texts that they tell. It belongs to the goroutine that calls Add until Finish.
type listener struct {
	hellos payload.Assembler[direction]
	names  []string // index 0 is no name
	known  map[string]uint32
	bytes  int    // of names
	lost   uint64 // texts not kept
}

// listen reads what a payload says. Most payloads say nothing, by their first byte.
func (t *Table) listen(a *arrival, s *wire.Segment) {
	if len(s.Payload) == 0 {
		return
	}
	in := &t.listener
	if s.Proto == protoUDP {
		in.keep(a, payload.UDP(s.Payload, s.SrcPort, s.DstPort))
		return
	}
	if in.hellos.Waiting() {
		if s.Cut {
			in.hellos.Drop(direction{a.key, a.fromHigh})
		} else if whole := in.hellos.Continue(direction{a.key, a.fromHigh}, s.Seq, s.Payload); whole != nil {
			said := payload.TCP(whole, s.SrcPort, s.DstPort)
			if !said.More {
				in.hellos.Drop(direction{a.key, a.fromHigh})
				in.keep(a, said)
			}
			return
		}
	}
	said := payload.TCP(s.Payload, s.SrcPort, s.DstPort)
	if said.More && !s.Cut {
		in.hellos.Begin(direction{a.key, a.fromHigh}, s.Seq, s.Payload)
	}
	if said.Talk == flow.TLSClientHello || said.Talk == flow.HTTPRequest {
		a.Marks |= flow.Asks
	}
	in.keep(a, said)
}

func (in *listener) keep(a *arrival, said payload.Said) {
	if said.Talk == flow.NoTalk {
		return
	}
	if a.Marks.Has(flow.Truncated) || len(said.Answer) > maxAnswer {
		said.Answer = nil // a part of an answer says something else than the whole
	}
	name := said.Name[:min(len(said.Name), maxName)]
	a.says = flow.Message{Frame: a.Frame, Name: in.text(name), Answer: in.text(said.Answer), Code: said.Code, ID: said.ID, Talk: said.Talk, Bits: said.Bits}
}

// text gives the index of a text; 0 for an empty one, and for those beyond the bounds.
func (in *listener) text(raw []byte) uint32 {
	if len(raw) == 0 {
		return 0
	}
	if i, ok := in.known[string(raw)]; ok {
		return i
	}
	if in.known == nil {
		in.known, in.names = make(map[string]uint32), make([]string, 1)
	}
	if len(in.names) > maxNames || in.bytes+len(raw) > maxText {
		in.lost++
		return 0
	}
	in.bytes += len(raw)
	i := uint32(len(in.names))
	in.names = append(in.names, printable(raw))
	in.known[string(raw)] = i
	return i
}

// printable writes bytes of a capture so that they do no harm on a terminal or in a report: what is no graphic ASCII goes as \xNN.
func printable(raw []byte) string {
	clean := true
	for _, c := range raw {
		clean = clean && c > ' ' && c < 0x7f && c != '\\'
	}
	if clean {
		return string(raw)
	}
	out := make([]byte, 0, len(raw)+16)
	for _, c := range raw {
		if c >= ' ' && c < 0x7f && c != '\\' {
			out = append(out, c)
		} else {
			out = fmt.Appendf(out, "\\x%02x", c)
		}
	}
	return string(out)
}

// Names gives the texts of the capture's messages, by flow.Message.Name and Answer; valid after Finish.
func (t *Table) Names() []string { return t.listener.names }
