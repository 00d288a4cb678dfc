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
	opens  [remembered]opening // by hash
	quic   payload.QUIC[key]
	names  []string // index 0 is no name
	known  map[string]uint32
	bytes  int    // of names
	lost   uint64 // texts not kept
}

// remembered is how many of the last SYNs are known, so that the parts of a client's first message are told where they overtake its
// beginning: a hello follows its SYN by a round trip, in which a busy capture holds some hundred others.
const remembered = 256

// opening is where the first message of a connection's client begins.
type opening struct {
	hash     uint64
	first    uint32
	fromHigh bool
}

// listen reads what a payload says. Most payloads say nothing, by their first byte.
func (t *Table) listen(a *arrival, s *wire.Segment) {
	in := &t.listener
	if len(s.Payload) == 0 {
		if s.Proto == protoTCP && s.Flags&uint16(flow.SYN|flow.ACK) == uint16(flow.SYN) {
			in.opens[a.hash%remembered] = opening{a.hash, s.Seq + 1, a.fromHigh}
		}
		return
	}
	if s.Proto == protoUDP {
		said := payload.UDP(s.Payload, s.Cut, s.SrcPort, s.DstPort)
		if said.Talk == flow.NoTalk && payload.IsQUIC(s.Payload) {
			said = in.quic.Read(a.key, s.Payload, int(s.PayloadLen))
		}
		in.keep(a, said)
		return
	}
	if in.hellos.Waiting() {
		if s.Cut {
			in.hellos.Drop(direction{a.key, a.fromHigh})
		} else if whole := in.hellos.Continue(direction{a.key, a.fromHigh}, s.Seq, s.Payload); whole != nil {
			said := payload.TCP(whole, s.SrcPort, s.DstPort)
			if !said.More {
				if said.Talk == flow.DNSQuery {
					a.Marks |= flow.Asks
				}
				in.hellos.Drop(direction{a.key, a.fromHigh})
				in.keep(a, said)
			}
			return
		}
	}
	said := payload.TCP(s.Payload, s.SrcPort, s.DstPort)
	if said.More && !s.Cut {
		if whole := in.hellos.Begin(direction{a.key, a.fromHigh}, s.Seq, s.Payload); len(whole) > len(s.Payload) {
			said = payload.TCP(whole, s.SrcPort, s.DstPort) // its end came before its beginning
		}
		if !said.More {
			in.hellos.Drop(direction{a.key, a.fromHigh})
		} else if said.Talk != flow.TLSClientHello {
			return // half a message of DNS says nothing yet
		}
	}
	if o := &in.opens[a.hash%remembered]; o.hash == a.hash && o.fromHigh == a.fromHigh {
		if said.Talk == flow.NoTalk && s.Seq != o.first && !s.Cut {
			in.hellos.Keep(direction{a.key, a.fromHigh}, o.first, s.Seq, s.Payload)
		} else {
			*o = opening{}
			if said.Talk == flow.NoTalk && in.hellos.Waiting() {
				in.hellos.Drop(direction{a.key, a.fromHigh}) // no message that is understood
			}
		}
	}
	switch said.Talk {
	case flow.TLSClientHello, flow.HTTPRequest, flow.DNSQuery:
		a.Marks |= flow.Asks
	}
	in.keep(a, said)
}

func (in *listener) keep(a *arrival, said payload.Said) {
	if said.Talk == flow.NoTalk {
		return
	}
	if a.Marks.Has(flow.Truncated) && !said.Talk.IsQUIC() || len(said.Answer) > maxAnswer {
		said.Answer = nil // a part of an answer says something else than the whole; connection IDs are whole
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
