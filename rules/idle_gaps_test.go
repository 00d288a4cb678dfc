package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

func TestBracketIdle(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		name      string
		gaps      []idleGap
		low, high time.Duration
		ok        bool
	}{
		{"none", nil, 0, 0, false},
		{"only survived", []idleGap{{60 * s, true}}, 60 * s, 0, false},
		{"only failed", []idleGap{{400 * s, false}, {360 * s, false}}, 0, 360 * s, true},
		{"both", []idleGap{{290 * s, true}, {600 * s, false}, {120 * s, true}, {310 * s, false}}, 290 * s, 310 * s, true},
		{"contradiction", []idleGap{{310 * s, true}, {290 * s, false}}, 310 * s, 290 * s, false},
		{"the same length", []idleGap{{300 * s, true}, {300 * s, false}}, 300 * s, 300 * s, false},
	} {
		if low, high, ok := bracketIdle(c.gaps); low != c.low || high != c.high || ok != c.ok {
			t.Errorf("%s: bracketIdle(%v) = %v, %v, %v; want %v, %v, %v", c.name, c.gaps, low, high, ok, c.low, c.high, c.ok)
		}
	}
}

// TestIdleGapsOf builds connections of one request after another: a positive time is when the client asks and the server answers, a negative
// one when the client asks in vain.
func TestIdleGapsOf(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    []float64
		reset bool // the last one in vain is answered by a reset
		want  []idleGap
	}{
		{"no pause", []float64{0.1, 0.3}, false, nil},
		{"came through all", []float64{0.1, 60, 90}, false, []idleGap{{59800 * time.Millisecond, true}}},
		{"silence after the longest", []float64{0.1, 60, -160, -161, -163, -167}, false, []idleGap{{59800 * time.Millisecond, true}, {99900 * time.Millisecond, false}}},
		{"a reset", []float64{0.1, 60, -160}, true, []idleGap{{59800 * time.Millisecond, true}, {99900 * time.Millisecond, false}}},
		{"the first pause fails", []float64{0.1, -60, -61, -63}, false, []idleGap{{59800 * time.Millisecond, false}}},
		{"one try tells nothing", []float64{0.1, 60, -160}, false, []idleGap{{59800 * time.Millisecond, true}}},
	} {
		f := &flow.Flow{}
		seq, ack := flow.Seq(1000), flow.Seq(5000)
		f.Half[flow.Client].HasAcked, f.Half[flow.Server].HasAcked = true, true
		add := func(at float64, side flow.Side, p flow.Packet) {
			p.Time, p.Side, p.Frame = int64(at*1e9), side, uint32(len(f.Packets)+1)
			f.Packets = append(f.Packets, p)
		}
		for k, at := range c.at {
			switch {
			case at > 0:
				add(at, flow.Client, flow.Packet{Flags: flow.ACK, Seq: seq, Ack: ack, Len: 10})
				seq = seq.Add(10)
				add(at+0.1, flow.Server, flow.Packet{Flags: flow.ACK, Seq: ack, Ack: seq, Len: 20})
				ack = ack.Add(20)
				f.Half[flow.Server].Acked = seq
			default:
				p := flow.Packet{Flags: flow.ACK, Seq: seq, Ack: ack, Len: 10}
				if k > 0 && c.at[k-1] < 0 {
					p.Marks = flow.Retransmitted
				}
				add(-at, flow.Client, p)
			}
		}
		if c.reset {
			add(-c.at[len(c.at)-1]+0.1, flow.Server, flow.Packet{Flags: flow.RST, Seq: ack})
		}
		if got := idleGapsOf(&analyzer.Pass{Capture: &analyzer.Capture{}}, f); !slices.Equal(got, c.want) {
			t.Errorf("%s: idleGapsOf = %v, want %v", c.name, got, c.want)
		}
	}
}
