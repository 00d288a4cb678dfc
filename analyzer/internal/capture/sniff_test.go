package capture

import (
	"encoding/binary"
	"testing"
)

func TestSniffUnsupported(t *testing.T) {
	etl := make([]byte, 4096)
	binary.LittleEndian.PutUint32(etl, 64<<10)
	etl[72], etl[74], etl[75], etl[76] = 3, 2, 0xc0, 0x80
	netscaler := append([]byte{1, 2, 3, 4}, "NetScaler V20 Performance Data"...)
	for _, c := range []struct {
		name, in, want string
		trace          bool
	}{
		{"pktmon", string(etl), "event trace log of Windows (ETL)", true},
		{"NetScaler", string(netscaler), "NetScaler trace", false},
		{"AIX", "iptrace 2.0\x00\x00", "AIX iptrace capture", false},
		{"Sniffer", "TRSNIFF data    \x1a\x04", "Sniffer capture", false},
		{"text", "snooping around in NetScaler", "", false},
		{"zeros", string(make([]byte, 4096)), "", false},
		{"short", "\x00\x00\x01\x00", "", false},
	} {
		u := SniffUnsupported([]byte(c.in))
		if u == nil {
			u = &Unsupported{}
		}
		if u.Name != c.want || u.Trace != c.trace {
			t.Errorf("%s: %q, trace %t, want %q", c.name, u.Name, u.Trace, c.want)
		}
	}
}

// TestPatchedRecords: some systems wrote longer record headers under the common magic number.
func TestPatchedRecords(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		magic  uint32
		extra  int
		format string
	}{
		{0xa1b2c3d4, 0, "pcap"}, {0xa1b2c3d4, 4, "pcap (Nokia)"}, {0xa1b2c3d4, 8, "pcap (patched)"}, {0xa1b2cd34, 8, "pcap (modified)"},
		{0xa1b2cd34, 12, "pcap (SuSE)"}, {0xa1b2cd34, 0, "pcap (modified, plain records)"},
	} {
		b := pcapFile(le, c.magic, c.extra, 60, 61, 62)
		got, r, err := read(t, b)
		if err != nil || len(got) != 3 || r.Info().Format != c.format {
			t.Errorf("%#x with %d bytes more: %d records of %q, error %v, want 3 of %q", c.magic, c.extra, len(got), r.Info().Format, err, c.format)
		}
	}
}
