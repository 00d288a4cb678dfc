package rules

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// TestCarried: a capture in which nobody names anything has no names at all, not even the empty one.
func TestCarried(t *testing.T) {
	packets := []flow.Packet{{Frame: 3, Seq: 100, Len: 40}, {Frame: 5, Seq: 140, Len: 60}, {Frame: 8, Seq: 200, Len: 20}, {Frame: 9, Flags: flow.FIN | flow.ACK, Seq: 220}}
	for _, c := range []struct {
		name     string
		names    []string
		messages []flow.Message
		named    flow.Named
		of       int
		want     string
	}{
		{"no names", nil, []flow.Message{{Frame: 3, Talk: flow.TLSClientHello}}, flow.Named{}, 0, "40 bytes of a TLS ClientHello"},
		{"the name is in the next segment", []string{"", "example.com"}, []flow.Message{{Frame: 3, Talk: flow.TLSClientHello}, {Frame: 5, Talk: flow.TLSClientHello, Name: 1}},
			flow.Named{}, 0, `40 bytes of the TLS ClientHello for "example.com"`},
		{"only the second segment is understood", []string{"", "example.com"}, []flow.Message{{Frame: 5, Talk: flow.TLSClientHello, Name: 1}}, flow.Named{}, 0,
			`40 bytes of the TLS ClientHello for "example.com"`},
		{"under ECH", []string{"", "public.example"}, []flow.Message{{Frame: 3, Talk: flow.TLSClientHello, Name: 1, Bits: flow.EncryptedHello}}, flow.Named{}, 0,
			`40 bytes of the TLS ClientHello with the public name "public.example" (ECH)`},
		{"encrypted", []string{"", "example.com"}, nil, flow.Named{Name: 1, Frame: 3}, 2, `20 bytes, after the client had asked for "example.com" in frame 3`},
		{"nothing known", nil, nil, flow.Named{}, 2, "20 bytes"},
		{"a FIN", nil, nil, flow.Named{}, 3, "a FIN"},
	} {
		f := &flow.Flow{Summary: flow.Summary{Named: c.named}, Packets: packets, Messages: c.messages, Names: c.names}
		if got := carried(f, &f.Packets[c.of]).String(); got != c.want {
			t.Errorf("%s: carried = %q, want %q", c.name, got, c.want)
		}
	}
}
