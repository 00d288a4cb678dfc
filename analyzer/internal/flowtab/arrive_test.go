package flowtab

import (
	"bytes"
	"testing"

	"github.com/capforensics/capforensics/analyzer/flow"
)

// TestDigest: payloads are compared as far as both were heard.
func TestDigest(t *testing.T) {
	packet := func(b []byte) *flow.Packet {
		return &flow.Packet{Digest: digest(b), Heard: uint8(min(len(b), digested))}
	}
	page := bytes.Repeat([]byte("HTTP/1.1 200 OK\r\nServer: one\r\n"), 5)
	other := bytes.Repeat([]byte("HTTP/1.1 302 Found\r\nServer: two\r\n"), 5)
	late := bytes.Clone(page)
	late[60]++
	tests := []struct {
		name string
		p, q []byte
		want bool
	}{
		{"the same", page, page, false},
		{"the same, one of them shorter", page, page[:43], false},
		{"others", page, other, true},
		{"others, one of them shorter", page, other[:43], true},
		{"others, too short to be compared", page, other[:31], false},
		{"short ones of one length", page[:20], other[:20], true},
		{"another byte beyond the first", page, late, true},
		{"beyond what both have", page[:43], late, false},
		{"beyond what is heard", page, page[:100], false},
	}
	for _, tt := range tests {
		if got := packet(tt.p).Differs(packet(tt.q)); got != tt.want {
			t.Errorf("%s: Differs = %v, want %v", tt.name, got, tt.want)
		}
		if got := packet(tt.q).Differs(packet(tt.p)); got != tt.want {
			t.Errorf("%s, the other way: Differs = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// BenchmarkDigest takes the time of one payload.
func BenchmarkDigest(b *testing.B) {
	payload := bytes.Repeat([]byte("HTTP/1.1 200 OK\r\n"), 80)
	sum := uint32(0)
	for b.Loop() {
		sum += digest(payload)
	}
	if sum == 1 {
		b.Fatal(sum)
	}
}
