package flowtab

import (
	"net/netip"
	"slices"
	"testing"
	"unsafe"

	"github.com/capforensics/capforensics/analyzer/flow"
	"github.com/capforensics/capforensics/analyzer/internal/wire"
)

// talk feeds a table with segments between one client and one server.
type talk struct {
	t     *Table
	frame uint64
	now   int64
	seg   wire.Segment
}

const (
	ms       = int64(1e6)
	synFlag  = uint16(flow.SYN)
	ackFlag  = uint16(flow.ACK)
	finFlag  = uint16(flow.FIN | flow.ACK)
	rstFlag  = uint16(flow.RST)
	dataFlag = uint16(flow.PSH | flow.ACK)
)

func newTalk(tb testing.TB) *talk {
	t := New(1<<20, tb.TempDir())
	tb.Cleanup(t.Close)
	return &talk{t: t, now: 1e18}
}

// send passes a segment; wait is the time since the last one.
func (k *talk) send(wait int64, fromClient bool, flags uint16, seq, ack, length uint32, change ...func(*wire.Segment)) {
	k.frame++
	k.now += wait
	c, s := netip.MustParseAddr("192.0.2.10").As16(), netip.MustParseAddr("198.51.100.20").As16()
	k.seg = wire.Segment{V4: true, Proto: 6, Src: c, Dst: s, SrcPort: 51000, DstPort: 443, TTL: 64, IPID: uint16(1000 + k.frame), DF: true, Window: 500,
		Flags: flags, Seq: seq, Ack: ack, PayloadLen: length}
	if !fromClient {
		k.seg.Src, k.seg.Dst, k.seg.SrcPort, k.seg.DstPort, k.seg.TTL, k.seg.IPID = s, c, 443, 51000, 52, uint16(7000+k.frame)
	}
	for _, f := range change {
		f(&k.seg)
	}
	k.t.Add(k.frame, k.now, &k.seg)
}

func (k *talk) handshake() {
	k.send(0, true, synFlag, 1000, 0, 0)
	k.send(30*ms, false, synFlag|ackFlag, 5000, 1001, 0)
	k.send(ms, true, ackFlag, 1001, 5001, 0)
}

// flows finishes the survey and loads everything.
func (k *talk) flows(tb testing.TB) []*flow.Flow {
	tb.Helper()
	k.t.Finish()
	var all []flow.Summary
	if err := k.t.Summaries(func(s *flow.Summary) bool { all = append(all, *s); return true }); err != nil {
		tb.Fatal(err)
	}
	loaded, err := k.t.Load(all)
	if err != nil {
		tb.Fatal(err)
	}
	return loaded
}

func TestFollow(t *testing.T) {
	for _, c := range []struct {
		name    string
		talk    func(*talk)
		flows   int
		state   string
		history string
		check   func(*testing.T, *flow.Flow)
	}{
		{"proper close", func(k *talk) {
			k.handshake()
			k.send(ms, true, dataFlag, 1001, 5001, 100)
			k.send(31*ms, false, ackFlag, 5001, 1101, 0)
			k.send(ms, false, dataFlag, 5001, 1101, 200)
			k.send(ms, true, finFlag, 1101, 5201, 0)
			k.send(30*ms, false, finFlag, 5201, 1102, 0)
		}, 1, "SF", "ShADadFf", func(t *testing.T, f *flow.Flow) {
			if f.HandshakeRTT != 30*ms || f.ClientRTT != ms || f.MinRTT[flow.Client] != 31*ms {
				t.Errorf("round trips %d, %d, %d: want 30, 1, 31 ms", f.HandshakeRTT, f.ClientRTT, f.MinRTT[flow.Client])
			}
			if ttl, n := f.Half[flow.Server].TTL.Usual(); ttl != 52 || n != 3 {
				t.Errorf("server's TTL %d (%d times), want 52 (3 times)", ttl, n)
			}
		}},
		{"reset by the server", func(k *talk) { k.handshake(); k.send(ms, false, rstFlag, 5001, 0, 0) }, 1, "RSTR", "ShAr", func(t *testing.T, f *flow.Flow) {
			if f.Need&flow.NeedRST == 0 || f.FirstRSTFrame != 4 || f.FirstRSTSide != flow.Server {
				t.Errorf("need %b, first reset frame %d of the %v", f.Need, f.FirstRSTFrame, f.FirstRSTSide)
			}
		}},
		{"refused", func(k *talk) {
			k.send(0, true, synFlag, 1000, 0, 0)
			k.send(30*ms, false, rstFlag|ackFlag, 0, 1001, 0)
		}, 1, "REJ", "Sr", nil},
		{"unanswered", func(k *talk) { k.send(0, true, synFlag, 1000, 0, 0); k.send(1000*ms, true, synFlag, 1000, 0, 0) }, 1, "S0", "ST", func(t *testing.T, f *flow.Flow) {
			if f.Client().SYNs != 2 || f.Need&flow.NeedUnanswered == 0 {
				t.Errorf("%d SYNs, need %b", f.Client().SYNs, f.Need)
			}
		}},
		{"port reuse", func(k *talk) {
			k.handshake()
			k.send(ms, true, rstFlag, 1001, 0, 0)
			k.send(50*ms, true, synFlag, 900000, 0, 0)
		}, 2, "RSTO", "ShAR", nil},
		{"SYN again is no new connection", func(k *talk) { k.handshake(); k.send(ms, true, synFlag, 1000, 0, 0) }, 1, "S1", "ShAT", nil},
		{"retransmission", func(k *talk) {
			k.handshake()
			k.send(ms, true, dataFlag, 1001, 5001, 100)
			k.send(300*ms, true, dataFlag, 1001, 5001, 100)
		}, 1, "S1", "ShADT", func(t *testing.T, f *flow.Flow) {
			if f.Client().Retransmissions != 1 || !f.Packets[4].Marks.Has(flow.Retransmitted) || f.Need&flow.NeedUnanswered == 0 {
				t.Errorf("%d retransmissions, marks %b, need %b", f.Client().Retransmissions, f.Packets[4].Marks, f.Need)
			}
		}},
		{"gap, then the missing piece out of order", func(k *talk) {
			k.handshake()
			k.send(ms, true, dataFlag, 1101, 5001, 100)
			k.send(ms, true, dataFlag, 1001, 5001, 100)
		}, 1, "S1", "ShADG", func(t *testing.T, f *flow.Flow) {
			if f.Client().Gaps != 1 || f.Client().OutOfOrders != 1 || f.Client().Retransmissions != 0 {
				t.Errorf("gaps %d, out of order %d, retransmissions %d: want 1, 1, 0", f.Client().Gaps, f.Client().OutOfOrders, f.Client().Retransmissions)
			}
		}},
		{"overlap", func(k *talk) {
			k.handshake()
			k.send(ms, true, dataFlag, 1001, 5001, 100)
			k.send(ms, true, dataFlag, 1051, 5001, 100)
		}, 1, "S1", "ShAD", func(t *testing.T, f *flow.Flow) {
			if f.Client().Overlaps != 1 || f.Client().Next != 1151 {
				t.Errorf("overlaps %d, next %d: want 1, 1151", f.Client().Overlaps, f.Client().Next)
			}
		}},
		{"keep-alive and zero window", func(k *talk) {
			k.handshake()
			k.send(ms, true, dataFlag, 1001, 5001, 100)
			k.send(ms, false, ackFlag, 5001, 1101, 0, func(s *wire.Segment) { s.Window = 0 })
			k.send(40e9, true, ackFlag, 1100, 5001, 0)
		}, 1, "S1", "ShADwa", func(t *testing.T, f *flow.Flow) {
			if f.Client().KeepAlives != 1 || f.Server().Window.Zeros != 1 || f.Need&flow.NeedIdle == 0 {
				t.Errorf("keep-alives %d, zero windows %d, need %b", f.Client().KeepAlives, f.Server().Window.Zeros, f.Need)
			}
		}},
		{"captured twice", func(k *talk) {
			k.handshake()
			k.send(ms, true, dataFlag, 1001, 5001, 100)
			id := k.seg.IPID
			k.send(ms/10, true, dataFlag, 1001, 5001, 100, func(s *wire.Segment) { s.IPID, s.TTL = id, 63 })
		}, 1, "S1", "ShAD", func(t *testing.T, f *flow.Flow) {
			if f.Client().Duplicates != 1 || f.Client().Retransmissions != 0 || f.Client().TTL.Distinct() != 1 {
				t.Errorf("duplicates %d, retransmissions %d, TTLs %d: want 1, 0, 1", f.Client().Duplicates, f.Client().Retransmissions, f.Client().TTL.Distinct())
			}
		}},
		{"acknowledgment of what was not captured", func(k *talk) { k.handshake(); k.send(ms, false, ackFlag, 5001, 1501, 0) }, 1, "S1", "ShAa", func(t *testing.T, f *flow.Flow) {
			if f.Server().AcksUnseen != 1 {
				t.Errorf("acks of unseen bytes %d, want 1", f.Server().AcksUnseen)
			}
		}},
		{"sequence numbers wrap", func(k *talk) {
			k.send(0, true, synFlag, 0xfffffff0, 0, 0)
			k.send(ms, false, synFlag|ackFlag, 0xffffffff, 0xfffffff1, 0)
			k.send(ms, true, dataFlag, 0xfffffff1, 0, 100)
			k.send(ms, true, dataFlag, 0x55, 0, 100)
		}, 1, "S1", "ShD", func(t *testing.T, f *flow.Flow) {
			if f.Client().Gaps != 0 || f.Client().Next != 0xb9 {
				t.Errorf("gaps %d, next %#x: want 0, 0xb9", f.Client().Gaps, f.Client().Next)
			}
		}},
		{"begins in the middle", func(k *talk) {
			k.send(0, false, dataFlag, 77000, 1001, 100)
			k.send(ms, true, ackFlag, 1001, 77100, 0)
		}, 1, "OTH", "dA", func(t *testing.T, f *flow.Flow) {
			if f.ClientBy != flow.ByPort || f.Client().Port != 51000 {
				t.Errorf("client %v by %d, want port 51000 by its port", f.Client().Endpoint, f.ClientBy)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t)
			c.talk(k)
			flows := k.flows(t)
			if len(flows) != c.flows {
				t.Fatalf("%d flows, want %d", len(flows), c.flows)
			}
			f := flows[slices.IndexFunc(flows, func(f *flow.Flow) bool { return f.ID == 0 })]
			if f.State() != c.state || f.History() != c.history {
				t.Errorf("state %s, history %s: want %s, %s", f.State(), f.History(), c.state, c.history)
			}
			if c.check != nil {
				c.check(t, f)
			}
		})
	}
}

// TestOldPacketsDoNotMoveNewConnections: what comes late from an earlier connection on the same ports says nothing of the next one's numbers.
// TestHostsShowWhatReachedThem: the largest segment that was acknowledged, at most the host's MSS, and not one that was sent twice.
func TestHostsShowWhatReachedThem(t *testing.T) {
	k := newTalk(t)
	k.handshake()
	k.send(ms, false, dataFlag, 5001, 1001, 900)
	k.send(ms, true, ackFlag, 1001, 5901, 0)
	k.send(ms, false, dataFlag, 5901, 1001, 1300)
	k.send(400*ms, false, dataFlag, 5901, 1001, 1300)
	k.send(ms, true, ackFlag, 1001, 7201, 0)
	k.flows(t)
	client := k.t.Hosts[1]
	if client.Took != 900 || client.Last != k.now || client.LastAt != uint32(k.frame) {
		t.Errorf("the client took %d bytes and sent last at %d: want 900 and %d", client.Took, client.Last, k.now)
	}
}

func TestOldPacketsDoNotMoveNewConnections(t *testing.T) {
	k := newTalk(t)
	k.send(0, true, synFlag, 1000, 0, 0)
	k.send(ms, false, dataFlag, 900_000_000, 77_000_000, 100)
	k.send(30*ms, false, synFlag|ackFlag, 5000, 1001, 0)
	k.send(ms, true, ackFlag, 1001, 5001, 0)
	k.send(ms, false, dataFlag, 5001, 1001, 100)
	flows := k.flows(t)
	if s := flows[0].Server(); len(flows) != 1 || s.Next != 5101 || s.Retransmissions != 0 {
		t.Errorf("%d flows, next %d, %d retransmissions", len(flows), s.Next, s.Retransmissions)
	}
}

func TestPortsUsedAgainSeenFromOneSide(t *testing.T) {
	k := newTalk(t)
	k.send(0, false, synFlag|ackFlag, 5000, 1001, 0)
	k.send(ms, false, rstFlag, 5001, 0, 0)
	k.send(20_000*ms, false, synFlag|ackFlag, 900_000_000, 7001, 0)
	k.send(ms, false, dataFlag, 900_000_001, 7001, 100)
	flows := k.flows(t)
	if len(flows) != 2 || !flows[0].Succeeded || !flows[1].Reused {
		t.Errorf("%d flows", len(flows))
	}
}

// quoteOfTalk gives what an ICMP error quotes of the client's segments.
func quoteOfTalk() []byte {
	quote := make([]byte, 28)
	quote[0], quote[3], quote[8], quote[9] = 0x45, 60, 1, 6
	copy(quote[12:], netip.MustParseAddr("192.0.2.10").AsSlice())
	copy(quote[16:], netip.MustParseAddr("198.51.100.20").AsSlice())
	quote[20], quote[21], quote[22], quote[23] = 51000>>8, 51000&0xff, 443>>8, 443&0xff
	return quote
}

// Beyond the senders that are kept, the last one kept was once named as the sender of all further errors.
func TestICMPErrorOfASenderThatIsNotKept(t *testing.T) {
	k := newTalk(t)
	k.send(0, true, synFlag, 1000, 0, 0)
	for i := range maxICMP + 2 {
		k.frame++
		router := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).As16()
		k.t.Add(k.frame, k.now+ms, &wire.Segment{V4: true, Proto: 1, Src: router, ICMPType: 3, ICMPCode: 13, Quote: quoteOfTalk(), TTL: 250})
	}
	k.t.Add(k.frame+1, k.now+ms, &wire.Segment{V4: true, Proto: 1, ICMPType: 3, ICMPCode: 13, Quote: quoteOfTalk()[:8]})
	f := k.flows(t)[0]
	if n := len(f.Senders); n != maxICMP || int(f.Packets[n].Len) != n-1 || int(f.Packets[n+1].Len) < n || int(f.Packets[n+2].Len) < n {
		t.Errorf("%d senders kept; the last packets name %d, %d and %d", n, f.Packets[n].Len, f.Packets[n+1].Len, f.Packets[n+2].Len)
	}
	if k.t.Counts.UnknownSenders != 2 || k.t.Counts.OtherICMP != 1 {
		t.Errorf("%d senders not kept, %d errors that quote no segment: want 2 and 1", k.t.Counts.UnknownSenders, k.t.Counts.OtherICMP)
	}
}

func TestICMPErrorIsTiedToItsFlow(t *testing.T) {
	k := newTalk(t)
	k.send(0, true, synFlag, 1000, 0, 0)
	quote := quoteOfTalk()
	router := netip.MustParseAddr("10.0.0.1").As16()
	k.frame++
	k.t.Add(k.frame, k.now+ms, &wire.Segment{V4: true, Proto: 1, Src: router, ICMPType: 3, ICMPCode: 13, Quote: quote, TTL: 250})
	f := k.flows(t)[0]
	if f.ICMPErrors != 1 || f.Need&flow.NeedICMP == 0 || len(f.Packets) != 2 {
		t.Fatalf("errors %d, need %b, packets %d", f.ICMPErrors, f.Need, len(f.Packets))
	}
	p := &f.Packets[1]
	if typ, code := p.ICMP(); p.IsTCP() || typ != 3 || code != 13 || f.Senders[p.Len].Addr().String() != "10.0.0.1" {
		t.Errorf("got %+v from %v", *p, f.Senders)
	}
}

func TestEvictionBoundsTheTable(t *testing.T) {
	k := newTalk(t)
	const more = maxLive + 5000
	for i := range uint32(more) {
		k.send(ms, true, synFlag, i*100, 0, 0, func(s *wire.Segment) { s.SrcPort, s.Src[15], s.Src[14] = uint16(i), byte(i>>16), 1 })
	}
	k.t.settle()
	if k.t.live.count > maxLive {
		t.Errorf("%d connections are live, want at most %d", k.t.live.count, maxLive)
	}
	if k.t.Counts.Evicted != more-maxLive {
		t.Errorf("%d evicted, want %d", k.t.Counts.Evicted, more-maxLive)
	}
	if flows := k.flows(t); len(flows) != more {
		t.Errorf("%d flows, want %d", len(flows), more)
	}
}

func TestSpoolMovesToDiskAndBack(t *testing.T) {
	s := newSpool[flow.Packet](1<<20, t.TempDir())
	defer s.close()
	const n = 100_000 // 4.8 MB
	for i := range n {
		*s.add() = flow.Packet{Frame: uint32(i)}
	}
	if s.file == nil || s.memory() > 1<<20 {
		t.Fatalf("file %v, %d bytes in memory", s.file, s.memory())
	}
	next := uint32(0)
	for range 2 { // reading does not use it up
		next = 0
		if err := s.each(func(run []flow.Packet) bool {
			for _, p := range run {
				if p.Frame != next {
					t.Fatalf("item %d holds frame %d", next, p.Frame)
				}
				next++
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	if next != n || s.len() != n {
		t.Errorf("%d items read, %d held, want %d", next, s.len(), n)
	}
}

// TestSummaryIsThatOfItsPlace reads summaries one by one, from memory and from the file.
func TestSummaryIsThatOfItsPlace(t *testing.T) {
	k := newTalk(t)
	k.t.flows.limit = 1 // all but the last chunk goes to the file
	for i := range uint32(3000) {
		k.send(ms, true, synFlag, i*100, 0, 0, func(s *wire.Segment) { s.SrcPort = uint16(i) })
	}
	k.t.Finish()
	var order []uint32
	if err := k.t.Summaries(func(s *flow.Summary) bool { order = append(order, s.ID); return true }); err != nil {
		t.Fatal(err)
	}
	if k.t.flows.onDisk == 0 || int(k.t.flows.onDisk) == len(order) {
		t.Fatalf("%d of %d summaries are in the file: want some and not all", k.t.flows.onDisk, len(order))
	}
	for i, id := range order {
		if s, err := k.t.Summary(uint32(i)); err != nil || s.ID != id {
			t.Fatalf("place %d: flow %d, %v; want flow %d", i, s.ID, err, id)
		}
	}
	if _, err := k.t.Summary(uint32(len(order))); err == nil {
		t.Error("no error beyond the last summary")
	}
}

func TestSpoolRefusesPointers(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a type with pointers was accepted")
		}
	}()
	newSpool[struct{ s string }](1, "")
}

func TestAddDoesNotAllocate(t *testing.T) {
	k := newTalk(t)
	k.handshake()
	k.t.packets.limit = 1 << 30
	seq := uint32(1001)
	// A chunk of the log is made once in ten thousand packets: less than one in a hundred runs of a hundred packets.
	got := testing.AllocsPerRun(1000, func() {
		k.send(ms, true, dataFlag, seq, 5001, 10)
		seq += 10
	})
	if got >= 1 {
		t.Errorf("%v allocations for each packet, want none", got)
	}
}

func TestLongFlowKeepsItsEndsAndWhatIsNotable(t *testing.T) {
	k := newTalk(t)
	k.handshake()
	const n = MaxPackets + 50_000
	for i := range uint32(n) {
		k.send(ms/100, false, dataFlag, 5001+i*10, 1001, 10)
		if i == n/2 {
			k.send(0, false, rstFlag, 99, 0, 0)
		}
	}
	f := k.flows(t)[0]
	if len(f.Packets) > MaxPackets || f.Omitted == 0 || uint64(len(f.Packets))+f.Omitted != n+4 {
		t.Fatalf("%d packets kept, %d omitted, want %d in all", len(f.Packets), f.Omitted, n+4)
	}
	if !slices.ContainsFunc(f.Packets, func(p flow.Packet) bool { return p.Flags.Any(flow.RST) }) {
		t.Error("the reset in the middle was left out")
	}
	if last := f.Packets[len(f.Packets)-1]; uint64(last.Frame) != k.frame {
		t.Errorf("last packet kept is frame %d, want %d", last.Frame, k.frame)
	}
}

func BenchmarkAdd(b *testing.B) {
	k := newTalk(b)
	k.handshake()
	seq := uint32(1001)
	b.ReportAllocs()
	for b.Loop() {
		k.send(ms, true, dataFlag, seq, 5001, 10)
		seq += 10
	}
}

// TestSlotFitsItsBound: a full table holds 65,536 slots, and what one takes is waited for line by line.
func TestSlotFitsItsBound(t *testing.T) {
	if n := unsafe.Sizeof(slot{}); n > 1024 {
		t.Errorf("a slot takes %d bytes, want at most 1024", n)
	}
}
