package flow

import (
	"cmp"
	"iter"
	"slices"
)

// ClientBy says how the client was told from the server.
type ClientBy uint8

// From sure to guessed.
const (
	BySYN         ClientBy = iota // it sent the SYN
	BySYNACK                      // the other side sent the SYN/ACK
	ByPort                        // the other side's port is a well-known one, or the lower one
	ByFirstPacket                 // it was seen first; nothing better is known
)

// Half is what one side of a connection sent, counted as the capture streamed by.
type Half struct {
	Endpoint
	ISN     Seq // initial sequence number; valid if SeenSYN
	SeenSYN bool
	Lent    bool   // ISN is not seen here, but known from another capture of the connection, or a number that both count from
	Opening uint32 // digest of the first data behind its SYN, or of its first datagram, which translation and proxies keep; 0 if not seen

	Packets, Bytes           uint64 // segments, and payload bytes by their headers (retransmissions included)
	DataPackets, PureACKs    uint32
	SYNs, FINs, RSTs         uint32
	Retransmissions          uint32
	OutOfOrders, Gaps        uint32
	Overlaps, KeepAlives     uint32
	Duplicates, AcksUnseen   uint32
	Offloads, Truncated      uint32
	FirstTime, LastTime      int64
	FirstFrame, LastFrame    uint32
	Next                     Seq // after the highest byte sent
	Acked                    Seq // highest acknowledgment number sent
	HasNext, HasAcked        bool
	MSS                      uint16 // of the SYN; 0 if absent
	WScale                   int8   // of the SYN; -1 if absent
	SACKPermitted            bool
	TimestampsOffered        bool  // the SYN carried the option
	OpeningHeard             uint8 // how many bytes Opening covers
	OpeningRandom            bool  // and that it has a random number in it: a hello of TLS
	WithTimestamps, NoOption uint32
	LastTSval                uint32
	DF, NotDF                uint32
	SYNTSval                 uint32
	SYNIPID                  uint16
	SYNWindow                uint16
	TTL                      TTLTally
	IPID                     IPIDTally
	Window                   WindowTally
	Host                     uint32 // index of the sender in the capture's host table
}

// HasISN says that ISN is what both captures of a pair count this side's numbers from.
func (h *Half) HasISN() bool { return h.SeenSYN || h.Lent }

// Usable says that the side sent anything but resets.
func (h *Half) Usable() bool { return h.Packets > uint64(h.RSTs) }

// Need says why a flow needs a closer look; without any it is clean at a glance.
type Need uint16

// The reasons, by what the survey saw.
const (
	NeedRST        Need = 1 << iota // a reset
	NeedICMP                        // an ICMP error quotes it
	NeedUnanswered                  // a SYN, or data, was never answered
	NeedLoss                        // retransmissions or gaps
	NeedOverlap                     // bytes were sent twice with different bounds
	NeedNoClose                     // it ended in silence, empty or with acknowledgments of what was never seen
	NeedTTL                         // the TTL of a side changed within the flow
	NeedIdle                        // it went on after a long silence
	NeedStall                       // the client sent data, and the server sent none for a second or more after it; or a window was zero
	NeedAnswer                      // UDP: a request went unanswered, or what QUIC's client sent last
	NeedAnswers                     // UDP: a DNS query was answered more than once, sooner than ever, with what was not asked for, or by a TTL that its server does not have elsewhere
	NeedAlert                       // a fatal TLS alert in clear, or a CONNECTION_CLOSE in an Initial of QUIC
)

// Summary is a connection as the survey leaves it: a fixed size, no pointers, whatever the length of the connection.
type Summary struct {
	ID            uint32 // from 0, in order of first packet within the capture
	Half          [2]Half
	ClientBy      ClientBy
	Encap         uint8 // what its first packet was carried in, as the analyzer numbers the encapsulations it opens; 0: nothing
	VLAN          uint16
	EncapID       uint32 // its number, such as a VXLAN network identifier; 0 if it has none
	First, Last   int64  // nanoseconds since the Unix epoch
	FirstFrame    uint32
	LastFrame     uint32
	Need          Need
	ICMPErrors    uint32
	HandshakeRTT  int64    // SYN to SYN/ACK as this capture point sees it, nanoseconds; 0 if not seen
	ClientRTT     int64    // SYN/ACK to the ACK that completes the handshake; 0 if not seen
	MinRTT        [2]int64 // by side of the acknowledged data: least time from data to the ACK that covers it; 0 if none
	FirstRSTTime  int64
	FirstRSTFrame uint32
	FirstRSTSide  Side
	LongestIdle   int64 // longest silence between two packets, nanoseconds
	Reused        bool  // an earlier connection of this capture had the same addresses and ports
	Succeeded     bool  // a later connection of this capture has the same addresses and ports
	Proto         Proto
	Named         Named
	Said          uint32 // messages that the payloads of both sides say; see Flow.Messages
	Elder         Stamp  // of a SYN of the client's address in the minute before, if its timestamp was higher than this one's
	Split         bool   // the table was full: an earlier part of this connection is another Summary
	history       [24]byte
	historyLen    uint8
}

// Client and Server give the two sides.
func (s *Summary) Client() *Half { return &s.Half[Client] }

// Server gives the side that was connected to.
func (s *Summary) Server() *Half { return &s.Half[Server] }

// Handshake says that SYN, SYN/ACK and an ACK of the client were all seen.
func (s *Summary) Handshake() bool {
	return s.Half[Client].SeenSYN && s.Half[Server].SeenSYN && s.ClientRTT > 0
}

// Unheard says that nothing here understands the datagrams of a flow, and no router or host refused them: it is counted, and not judged.
func (s *Summary) Unheard() bool { return s.Proto == UDP && s.Said == 0 && s.Need&NeedICMP == 0 }

// OneWay says that the capture shows packets of one direction only, although that side acknowledges data of the other.
func (s *Summary) OneWay() bool {
	if s.Proto == UDP {
		return false // nothing tells a lost answer from one that was not captured
	}
	c, v := &s.Half[Client], &s.Half[Server]
	return c.Packets == 0 && v.AcksUnseen > 0 || v.Packets == 0 && (c.AcksUnseen > 0 || c.PureACKs > 1 && c.DataPackets > 0 && !c.SeenSYN)
}

// Flow is a connection with all its packets, in capture order.
type Flow struct {
	Summary
	Packets  []Packet
	Omitted  uint64     // packets left out of Packets because the flow is longer than the limit
	Messages []Message  // what the payloads say, in capture order
	Unheard  uint64     // messages left out likewise
	Names    []string   // of the capture, by Message.Name and Message.Answer; printable text
	Senders  []Endpoint // of ICMP errors, by Packet.Len
}

// Says gives what the payload of a packet says; nil if it is not understood.
func (f *Flow) Says(p *Packet) *Message {
	i, ok := slices.BinarySearchFunc(f.Messages, p.Frame, func(m Message, frame uint32) int { return cmp.Compare(m.Frame, frame) })
	if !ok || !p.IsTCP() {
		return nil
	}
	return &f.Messages[i]
}

// PacketOf gives the packet that a message of the flow came in; nil if it is among those left out.
func (f *Flow) PacketOf(m *Message) *Packet {
	i, ok := slices.BinarySearchFunc(f.Packets, m.Frame, func(p Packet, frame uint32) int { return cmp.Compare(p.Frame, frame) })
	if !ok {
		return nil
	}
	return &f.Packets[i]
}

// From gives the segments that claim to come from one side.
func (f *Flow) From(side Side) iter.Seq2[int, *Packet] {
	return func(yield func(int, *Packet) bool) {
		for i := range f.Packets {
			if p := &f.Packets[i]; p.Side == side && p.IsTCP() && !yield(i, p) {
				return
			}
		}
	}
}
