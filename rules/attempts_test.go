package rules

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

func TestByChance(t *testing.T) {
	for _, c := range []struct {
		name        string
		peer        flow.Half
		tries       int
		least, most float64
	}{
		{"nothing else was lost", flow.Half{DataPackets: 20}, 3, mostBySize, mostBySize},
		{"nothing else was sent", flow.Half{}, 3, mostBySize, mostBySize},
		{"one in a hundred was lost", flow.Half{DataPackets: 100, Retransmissions: 1}, 3, 5.9, 6.1},
		{"half was lost", flow.Half{DataPackets: 8, Retransmissions: 3, Gaps: 1}, 4, 1.1, 1.3},
		{"all was lost", flow.Half{DataPackets: 2, Retransmissions: 1, Gaps: 2}, 4, 0, 0},
	} {
		if got := byChance(&c.peer, c.tries); got < c.least || got > c.most {
			t.Errorf("%s: %g, want %g to %g", c.name, got, c.least, c.most)
		}
	}
}
