//! What is legal instead: the answer to a move that a state machine does not allow, of whatever noun.

/// Why a move is not legal, and what would be: in words, so that each noun with moves of its own can answer with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalMoves {
    /// The state, in one word.
    pub state: &'static str,
    /// The id of the rule that forbids the move, such as `application.state`.
    pub rule: &'static str,
    /// The methods whose moves the state allows, in the order of a noun's life; none where it is over.
    pub methods: Vec<&'static str>,
}

impl LegalMoves {
    /// The methods, with commas.
    pub fn list(&self) -> String {
        self.methods.join(",")
    }
}
