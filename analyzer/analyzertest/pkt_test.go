package analyzertest

import (
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

func TestParseErrorsNameTheLine(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"0.0 C SYN", "x.pkt:1: a flow line comes first"},
		{"flow a > b", "x.pkt:1:"},
		{"flow 192.0.2.1:1 > 192.0.2.2:2 client.tll=3", `x.pkt:1: no key "client.tll"`},
		{"flow 192.0.2.1:1 > 192.0.2.2:2\n0.0 X SYN", "x.pkt:2: side"},
		{"flow 192.0.2.1:1 > 192.0.2.2:2\n0.0 C SIN", `x.pkt:2: no flag "SIN"`},
		{"flow 192.0.2.1:1 > 192.0.2.2:2\nnow C SYN", "x.pkt:2: time"},
		{"flow 192.0.2.1:1 > 192.0.2.2:2\n0.0 C SYN # want", "x.pkt:2: want takes a rule"},
	} {
		if _, err := ParsePkt("x.pkt", []byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.in, err, c.want)
		}
	}
}

// TestBuiltPackets reads what the kit builds with gopacket: numbers that follow the conversation, valid checksums, keys obeyed.
func TestBuiltPackets(t *testing.T) {
	s, err := ParsePkt("x.pkt", []byte(`
flow 192.0.2.10:51000 > 198.51.100.20:443 client.ttl=64 server.ttl=52 ts=1
0.0 C SYN
+0.03 S SYN,ACK
+0.001 C ACK
+0.001 C PSH,ACK data="GET / HTTP/1.1\r\n" id=0x1234
+0.03 S ACK len=100
+0.01 S RST ttl=61
flow [2001:db8::1]:51000 > [2001:db8::2]:443
0.2 C SYN
`))
	if err != nil {
		t.Fatal(err)
	}
	captures, err := s.Captures()
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewReader(strings.NewReader(string(captures[0].Bytes)))
	if err != nil {
		t.Fatal(err)
	}
	type got struct {
		seq, ack uint32
		ttl      uint8
		id       uint16
		payload  int
	}
	want := []got{{1000, 0, 64, 0x3001, 0}, {5000, 1001, 52, 0, 0}, {1001, 5001, 64, 0x3002, 0}, {1001, 5001, 64, 0x1234, 16}, {5001, 1017, 52, 0x4001, 100}, {5101, 0, 61, 0, 0}}
	for i := 0; ; i++ {
		data, _, err := r.ReadPacketData()
		if err != nil {
			if i != len(want)+1 {
				t.Errorf("%d packets, want %d", i, len(want)+1)
			}
			break
		}
		p := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
		tcp, ok := p.TransportLayer().(*layers.TCP)
		if !ok || p.ErrorLayer() != nil {
			t.Fatalf("packet %d: %v", i, p)
		}
		sum := tcp.Checksum
		if err := tcp.SetNetworkLayerForChecksum(p.NetworkLayer()); err != nil {
			t.Fatal(err)
		}
		b := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{ComputeChecksums: true}, tcp, gopacket.Payload(tcp.Payload)); err != nil {
			t.Fatal(err)
		}
		if tcp.Checksum != sum {
			t.Errorf("packet %d: checksum %#x, want %#x", i, sum, tcp.Checksum)
		}
		if ip, ok := p.NetworkLayer().(*layers.IPv4); ok {
			if g := (got{tcp.Seq, tcp.Ack, ip.TTL, ip.Id, len(tcp.Payload)}); g != want[i] {
				t.Errorf("packet %d: %+v, want %+v", i, g, want[i])
			}
		}
	}
}
