package analyzer

// Grade is the word for a confidence.
type Grade string

// The grades, from the posterior probability of the class.
const (
	Proven     Grade = "proven"      // 0.999 and more, and one finding is proof by itself
	VeryStrong Grade = "very strong" // 0.99
	Strong     Grade = "strong"      // 0.95
	Moderate   Grade = "moderate"    // 0.80
	Weak       Grade = "weak"
)

func gradeOf(confidence float64, proof bool) Grade {
	switch {
	case confidence >= 0.999 && proof:
		return Proven
	case confidence >= 0.99:
		return VeryStrong
	case confidence >= 0.95:
		return Strong
	case confidence >= 0.80:
		return Moderate
	}
	return Weak
}

// Verdict is what the ticket comes to.
type Verdict struct {
	Class      Class
	Cause      Cause
	Confidence float64
	Grade      Grade
	Headline   Message
	Because    []Message // reasons, the strongest first
	Next       []Message // what to do now; never empty
	Also       []Message // other troubles of the same ticket, named and not weighed against the first
	Worst      int       // index in Case.Flows of the flow the headline speaks of; -1 without flows
}
