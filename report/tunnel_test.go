package report_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/capforensics/capforensics/analyzer"
	"github.com/capforensics/capforensics/report"
	"github.com/capforensics/capforensics/rules"
)

// overlay builds a capture of two networks that use the same addresses, ports and numbers: in each a SYN is refused.
func overlay() []byte {
	le, be := binary.LittleEndian, binary.BigEndian
	b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0}
	client, server := []byte{192, 0, 2, 10}, []byte{198, 51, 100, 20}
	ip := func(proto, ttl byte, src, dst, body []byte) []byte {
		h := []byte{0x45, 0, 0, 0, 0, 1, 0x40, 0, ttl, proto, 0, 0}
		be.PutUint16(h[2:], uint16(20+len(body)))
		return slices.Concat(h, src, dst, body)
	}
	tcp := func(src, dst uint16, seq, ack uint32, flags byte) []byte {
		h := be.AppendUint16(be.AppendUint16(nil, src), dst)
		h = be.AppendUint32(be.AppendUint32(h, seq), ack)
		return append(h, 0x50, flags, 1, 0, 0, 0, 0, 0)
	}
	eth := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}
	for i, vni := range []byte{7, 8, 7, 8} {
		inner := ip(6, 64, client, server, tcp(51000, 443, 1000, 0, 2))
		if i > 1 {
			inner = ip(6, 60, server, client, tcp(443, 51000, 0, 1001, 0x14))
		}
		udp := []byte{0xc0, 0, 0x12, 0xb5, 0, 0, 0, 0}
		vxlan := slices.Concat([]byte{8, 0, 0, 0, 0, 0, vni, 0}, eth, inner)
		be.PutUint16(udp[4:], uint16(8+len(vxlan)))
		frame := slices.Concat(eth, ip(17, 64, []byte{10, 0, 0, 1}, []byte{10, 0, 0, 2}, slices.Concat(udp, vxlan)))
		for _, v := range []int{1_700_000_000, i * 20_000, len(frame), len(frame)} {
			b = le.AppendUint32(b, uint32(v))
		}
		b = append(b, frame...)
	}
	return b
}

// TestTenantsAreNamed: two connections with one name would be taken for one.
func TestTenantsAreNamed(t *testing.T) {
	b := overlay()
	c, err := analyzer.Analyze(context.Background(), "overlay", []analyzer.Input{{Name: "a.pcap", Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}}, rules.All(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Flows); n != 2 || c.Captures[0].Health.Tunnelled != 0 {
		t.Fatalf("%d connections, %d frames in tunnels that were not opened: want 2 and 0", n, c.Captures[0].Health.Tunnelled)
	}
	for _, vni := range []string{"7", "8"} {
		var out bytes.Buffer
		if err := report.JSON(&out, c, report.Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), `"tunnel":"VXLAN `+vni+`"`) {
			t.Errorf("the JSON does not name VXLAN %s", vni)
		}
		v := report.NewView(c, report.Options{})
		filtered, said := false, false
		for _, e := range v.Exhibits {
			filtered = filtered || strings.HasSuffix(e.Filter, " && vxlan.vni == "+vni) && strings.Contains(e.Verify, e.Filter)
			said = said || strings.Contains(e.Summary, "VXLAN "+vni)
		}
		listed := false
		for _, s := range v.Sections {
			if s.Table != nil {
				for _, row := range s.Table.Rows {
					listed = listed || row[0] == "192.0.2.10:51000 (VXLAN "+vni+")"
				}
			}
		}
		if !filtered || !said || !listed {
			t.Errorf("network %s: in a filter %t, in words %t, in the table %t", vni, filtered, said, listed)
		}
	}
}
