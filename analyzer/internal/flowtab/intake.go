package flowtab

import (
	"slices"
	"unsafe"

	"github.com/capforensics/capforensics/analyzer/flow"
)

const (
	// handedOver frames go to the goroutine that follows them at a time, so that reading and following run beside each other.
	handedOver = 1024
	// batches of frames there are: one being read, one being followed, and one to spare for each.
	batches = 4
	// together is how many frames are followed in one go. The connections of a busy capture do not fit a processor's cache, and
	// following a frame is mostly waiting for memory, line after line. All lines of so many connections are asked for one right behind
	// the other, and come together. More would push each other out of the first-level cache.
	together = 16
)

// intake is the way of frames from the caller of Add to the goroutine that follows them. A capture of few frames needs no goroutine.
type intake struct {
	batch          []arrival
	full, free     chan []arrival // nil until the first batch is full
	done           chan struct{}
	tcp, udp, icmp uint64 // counted by the caller's goroutine
}

// room gives the place of the next frame.
func (t *Table) room() *arrival {
	in := &t.intake
	if len(in.batch) == cap(in.batch) {
		if len(in.batch) < handedOver {
			in.batch = slices.Grow(in.batch, max(len(in.batch), 16))
		} else {
			t.handOver()
		}
	}
	in.batch = in.batch[:len(in.batch)+1]
	return &in.batch[len(in.batch)-1]
}

func (t *Table) handOver() {
	in := &t.intake
	if in.full == nil {
		in.full, in.free, in.done = make(chan []arrival, batches), make(chan []arrival, batches), make(chan struct{})
		for range batches - 1 {
			in.free <- make([]arrival, 0, handedOver)
		}
		go t.work()
	}
	in.full <- in.batch
	in.batch = <-in.free
}

func (t *Table) work() {
	defer close(t.intake.done)
	for b := range t.intake.full {
		t.followAll(b)
		t.intake.free <- b[:0]
	}
}

// settle follows what was handed over and what was not, and ends the goroutine.
func (t *Table) settle() {
	in := &t.intake
	if in.full != nil {
		in.full <- in.batch
		close(in.full)
		<-in.done
	} else {
		t.followAll(in.batch)
	}
	t.Counts.TCP, t.Counts.UDP, t.Counts.ICMP = t.Counts.TCP+in.tcp, t.Counts.UDP+in.udp, t.Counts.ICMP+in.icmp
	t.intake = intake{}
}

// followAll follows frames in their order.
func (t *Table) followAll(arrived []arrival) {
	t.guard(func() {
		for some := range slices.Chunk(arrived, together) {
			t.followSome(some)
		}
	})
}

func (t *Table) followSome(arrived []arrival) {
	for i := range arrived {
		arrived[i].likely = t.live.likely(arrived[i].hash)
	}
	for i := range arrived {
		if l := arrived[i].likely; l != nil {
			t.touched += l.touch()
		}
	}
	for i := range arrived {
		a := &arrived[i]
		t.now = a.Time
		if a.icmp != nil {
			t.addICMP(a.Frame, a.Time, a.icmp)
			continue
		}
		l, side := t.slotFor(a)
		a.Flow, a.Side = l.ID, side
		p := t.packets.add()
		*p = a.Packet
		if a.says.Talk != flow.NoTalk {
			t.hear(l, p, &a.says)
		}
		if l.Proto == flow.UDP {
			t.followUDP(l, p, a)
		} else {
			t.follow(l, p, a)
		}
	}
}

// cacheLine is the unit in which common processors fetch memory, bytes.
const cacheLine = 64

// touch reads a byte of every cache line of a slot. None of the reads waits for another, unlike those of following a segment. The
// result means nothing; it keeps the compiler from leaving the reads out.
func (l *slot) touch() (sum uint8) {
	b := (*[unsafe.Sizeof(slot{})]byte)(unsafe.Pointer(l))
	for i := 0; i < len(b); i += cacheLine {
		sum += b[i]
	}
	return sum
}
