package flow

// MaxProbeTTL is the largest TTL of a probe that counts hops: what traceroute, tracert and mtr try by default. Packets of hosts that are far
// away, or that start from a small TTL, may look the same.
const MaxProbeTTL = 30

// LongestPath is more routers than the Internet has in a row.
const LongestPath = 40

// InitialTTL gives the least TTL that a packet can have been sent with which has this one left: systems begin with 64 (Unix and most
// devices), 128 (Windows) or 255 (routers and many firewalls).
func InitialTTL(left uint8) int {
	switch {
	case left <= 64:
		return 64
	case left <= 128:
		return 128
	}
	return 255
}

// Hops gives how many routers a packet has crossed if it was sent with InitialTTL.
func Hops(left uint8) int { return InitialTTL(left) - int(left) }

// BeganSmall says that a packet was sent with a small TTL, as the probes of traceroute and its kin are: it is further from every initial TTL
// than paths are long.
func BeganSmall(left uint8) bool { return Hops(left) > LongestPath }
