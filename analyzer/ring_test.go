package analyzer

import (
	"testing"
	"time"

	"github.com/capforensics/capforensics/analyzer/internal/capture"
	"github.com/capforensics/capforensics/analyzer/internal/container"
)

func TestSeriesOf(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"cap_00001_20240501100000.pcapng", "cap_00002_20240501101000.pcapng", true},
		{"x.pcap", "x.pcap1", true},
		{"x.pcap0.gz", "x.pcap1", true},
		{"x1.pcap.bz2", "x2.pcap", true},
		{"t.zip!/a/x.pcap9", "t.zip!/a/x.pcap10", true},
		{"trace-10:00.pcap", "trace-10:05.pcap", true},
		{"a/x1.pcap", "b/x2.pcap", false},
		{"client.pcap", "server.pcap", false},
		{"抓包1.pcap", "抓包2.pcap", true},
	} {
		if got := container.SeriesOf(tt.a) == container.SeriesOf(tt.b); got != tt.same {
			t.Errorf("%q and %q: one series is %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}

func TestGoesOn(t *testing.T) {
	const ethernet, raw = 1, 101
	mac := func(n byte) [6]byte { return [6]byte{2, 0, 0, 0, 0, n} }
	frame := func(src, dst byte) []byte {
		s, d := mac(src), mac(dst)
		return append(append(append([]byte{}, d[:]...), s[:]...), 0x08, 0x06) // ARP
	}
	group, vrrp := [6]byte{255, 255, 255, 255, 255, 255}, [6]byte{0, 0, 0x5e, 0, 1, 7}
	to := func(dst [6]byte, src byte) []byte {
		f := frame(src, 0)
		copy(f, dst[:])
		if src == 0 {
			copy(f[6:], dst[:])
		}
		return f
	}
	end := time.Unix(1700000000, 0).UnixNano()
	tests := []struct {
		name string
		file string
		link uint16
		gap  time.Duration
		data []byte
		want bool
	}{
		{"a quiet time, and a broadcast", "x2.pcap", ethernet, 10 * time.Minute, to(group, 1), false},
		{"of loopback, which is the same on every host", "x2.pcap", ethernet, 10 * time.Minute, to([6]byte{}, 0), false},
		{"of a virtual router, which is the same in every network", "x2.pcap", ethernet, 10 * time.Minute, to(vrrp, 1), false},
		{"of a virtual router, at once", "x2.pcap", ethernet, time.Second, to(vrrp, 1), true},
		{"the next file", "x2.pcap", ethernet, time.Millisecond, frame(1, 2), true},
		{"after a quiet time", "x2.pcap", ethernet, 10 * time.Minute, frame(2, 1), true},
		{"the next day", "x2.pcap", ethernet, 24 * time.Hour, frame(1, 2), false},
		{"taken at the same time", "x2.pcap", ethernet, -time.Minute, frame(1, 2), false},
		{"in another network", "x2.pcap", ethernet, time.Millisecond, frame(3, 4), false},
		{"on another host behind the same gateway", "x2.pcap", ethernet, time.Millisecond, frame(3, 2), false},
		{"of another name", "y2.pcap", ethernet, time.Millisecond, frame(1, 2), false},
		{"of the same name", "x1.pcap", ethernet, time.Millisecond, frame(1, 2), false},
		{"of another link type", "x2.pcap", raw, time.Millisecond, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := &reading{tally: newTally(), format: "pcap", series: container.SeriesOf("x1.pcap"), seen: map[string]bool{"x1.pcap": true}, macs: map[[6]byte]bool{mac(1): true, mac(2): true, group: true, vrrp: true, {}: true}}
			o.packets, o.to, o.links = 1, end, []uint16{ethernet}
			rec := &capture.Record{HasTime: true, Time: end + int64(tt.gap), Link: tt.link, Data: tt.data, OrigLen: uint32(len(tt.data))}
			if got := o.goesOn(&Member{Name: tt.file}, "", "pcap", rec); got != tt.want {
				t.Errorf("goes on: %v, want %v", got, tt.want)
			}
			if o.goesOn(&Member{Name: tt.file}, AtServer, "pcap", rec) {
				t.Error("the user says that it was taken elsewhere, and it goes on")
			}
		})
	}
}
