package rules

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/analyzer/flow"
)

// TestTransferBound: a packet that claims gigabytes (the length of a damaged record) is not cut back into millions of segments.
func TestTransferBound(t *testing.T) {
	f := &flow.Flow{Packets: []flow.Packet{
		{Frame: 1, Time: 1e9, Flags: flow.ACK, Seq: 1, Len: 1000},
		{Frame: 2, Time: 2e9, Flags: flow.ACK, Seq: 1001, Len: 3 << 30},
		{Frame: 3, Time: 3e9, Flags: flow.ACK, Seq: 2001, Len: 1000},
	}}
	if n := len(follow(&analyzer.Capture{Member: &analyzer.Member{}}, f, flow.Client).segments); n < maxFollowed || n > maxFollowed+1 {
		t.Errorf("%d segments, want %d", n, maxFollowed)
	}
}
