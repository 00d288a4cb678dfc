package analyzer

// Caveat is something we could not see or did not use: neither an error, as the analysis goes on, nor a finding, as it says
// nothing of the network. Every writer must show it.
type Caveat struct {
	Member  string // name of the inventory entry it is about; empty if it is about the whole ticket
	Frame   uint64 // first frame it is about; 0 if none
	Text    Message
	Partial bool // part of what was sent could not be read or used for a limit or a fault: exit code 3
}
