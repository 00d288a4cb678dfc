package report

import (
	"fmt"
	"io"
	"strings"
)

// Text writes the few lines that a terminal shows.
func Text(w io.Writer, v *View) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", v.Ticket, v.Headline)
	fmt.Fprintf(&b, "  %s: %s, %s\n", v.Labels.Verdict, v.ClassName, v.Sure)
	if v.Where != "" {
		fmt.Fprintf(&b, "  %s: %s\n", v.Labels.Where, v.Where)
	}
	for _, s := range v.Because {
		fmt.Fprintf(&b, "  - %s\n", s)
	}
	for _, s := range v.Also {
		fmt.Fprintf(&b, "  + %s\n", s)
	}
	if len(v.Next) > 0 {
		fmt.Fprintf(&b, "  %s: %s\n", v.Labels.Next, v.Next[0])
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
