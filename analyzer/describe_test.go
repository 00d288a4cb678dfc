package analyzer

import "testing"

func TestGuess(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{"ASCII", "it breaks\r\n", "text"},
		{"UTF-8", "连接断开\n", "text"},
		{"GBK", "\xc1\xac\xbd\xd3\xb6\xcf\xbf\xaa\n", "text (GBK)"},
		{"GBK, a pair cut", "\xc1\xac\xbd", "text (GBK)"},
		{"a lead byte and no trail", "\xc1\n", "unknown data"},
		{"control characters", "\xc1\xac\x00", "unknown data"},
		{"0xff", "\xff\x01", "unknown data"},
		{"PDF", "%PDF-1.7", "PDF document"},
	} {
		if got := guess([]byte(tt.head)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
