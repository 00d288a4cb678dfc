package route

func nexttraceFollows(t *text, i int) bool { return false }
func besttraceFollows(t *text, i int) bool { return false }
