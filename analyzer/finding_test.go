package analyzer

import (
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// Evidence from an IPv6 packet once named fields of IPv4, which no filter finds in it.
func TestCiteNamesTheFieldOfThePacket(t *testing.T) {
	for _, tt := range []struct {
		name, field string
		marks       flow.Marks
		want        string
	}{
		{"IPv4", "ip.ttl", 0, "ip.ttl"},
		{"IPv6", "ip.ttl", flow.IPv6, "ipv6.hlim"},
		{"IPv6, transport", "tcp.seq_raw", flow.IPv6, "tcp.seq_raw"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := (&Finding{}).Cite(&flow.Packet{Marks: tt.marks}, Context, tt.field, 1, 1)
			if got := f.Evidence[0].Field; got != tt.want {
				t.Errorf("citing %s gave %s, want %s", tt.field, got, tt.want)
			}
		})
	}
}
