//! Grounds of refusal: rows of `seeds/refusal-grounds.toml`.

use jiff::civil::Date;

/// On what an application may be declined (Order 809 art. 14, 21).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalGround {
    /// Such as `no-duty`.
    pub id: String,
    /// What it says, in Chinese.
    pub title: String,
    /// The article it rests on.
    pub article: String,
    /// The law that forbids to share has to be named with it.
    pub cites: bool,
    /// Only for material that was asked for and did not come in time.
    pub unsupplied: bool,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where it is from.
    pub source: String,
    /// No source lists it as a ground.
    pub assumed: bool,
}

impl RefusalGround {
    /// The ground of an id, if it may be used on a day.
    pub fn of<'a>(grounds: &'a [Self], id: &str, day: Date) -> Option<&'a Self> {
        Self::on(grounds, day).find(|ground| ground.id == id)
    }

    /// All grounds of a day.
    pub fn on(grounds: &[Self], day: Date) -> impl Iterator<Item = &Self> {
        let holds =
            move |ground: &&Self| ground.from <= day && ground.until.is_none_or(|last| day <= last);
        grounds.iter().filter(holds)
    }
}
