package flow

// Stamp is the timestamp of a SYN (RFC 7323).
type Stamp struct {
	TSval uint32
	Frame uint32 // 0: none
	Time  int64
}

// recycled is how long kernels that reject old timestamps by address remember one (Linux before 4.12: TCP_PAWS_MSL, 60 s).
const recycled = 60e9

// Before says that a SYN's timestamp lies below this one's, which was sent less than a minute earlier.
func (s *Stamp) Before(tsval uint32, time int64) bool {
	return s.Recent(time) && int32(s.TSval-tsval) > 1 // Linux: TCP_PAWS_WINDOW
}

// Recent says that there is such a SYN, less than a minute before a time.
func (s *Stamp) Recent(time int64) bool { return s.Frame != 0 && time-s.Time < recycled }

// StampTally counts what became of the SYNs of one address, by whether their timestamp lay below that of an earlier one of the address.
type StampTally struct{ BehindAnswered, BehindIgnored, AheadAnswered, AheadIgnored uint32 }
