package wire

// HeaderLen gives how many bytes of the frame that s was decoded from its headers take: all before the payload, and in an ICMP error all
// before that of the quoted datagram. It is 0 if they are not understood.
func (s *Segment) HeaderLen(frame []byte) int {
	switch {
	case s.Reason != Understood:
		return 0
	case s.Quote == nil:
		return before(frame, s.Payload)
	}
	var q Segment
	if DecodeQuote(s.Quote, &q) != Understood {
		return 0
	}
	if q.Payload == nil { // the quote ends within its headers; padding may follow
		return before(frame, s.Quote) + len(s.Quote)
	}
	return before(frame, q.Payload)
}

// before gives where a view of the frame begins. All views reach to the end of the frame's array, so that their capacities tell; without
// one the frame ended within its headers.
func before(frame, view []byte) int {
	if view == nil {
		return len(frame)
	}
	return cap(frame) - cap(view)
}
