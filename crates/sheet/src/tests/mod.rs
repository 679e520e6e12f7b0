//! Files made here, opened and read back.

mod hostile;
mod made;
mod reading;
mod returned;
mod titles;
mod values;
mod writing;
