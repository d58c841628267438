//! The wheel against a model that is plainly right: a `BTreeMap` from deadline and order of arrival to item.
