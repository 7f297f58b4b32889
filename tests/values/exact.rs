//! Exact numbers and totals of documents.

use girogate::domain::exact::{Exact, Total};
use girogate::messages::prove::sum::Sum;

#[test]
fn long_terms_add_up_exactly() {
    let term = Exact::parse("9999999999999.99999").expect("18 digits");
    let mut total = Total::default();
    for _ in 0..1_000 {
        total.add(Some(term));
    }
    let sum = total.known().expect("room for all");
    assert_eq!(sum.to_string(), "9999999999999999.99");
    assert_eq!(Some(sum), Exact::parse("9999999999999999.990000"));
}

#[test]
fn numbers_are_shown_as_they_are() {
    for (text, shown) in
        [("007.50", "7.50"), ("-0.05", "-0.05"), ("-1.5", "-1.50"), ("+3", "3"), (".5", "0.50"), ("-2", "-2")]
    {
        assert_eq!(Exact::parse(text).map(|number| number.to_string()).as_deref(), Some(shown));
    }
    for text in ["", ".", "1e3", "1,5", "--1", "1.2.3", "1.0000000000000000001", " 1"] {
        assert_eq!(Exact::parse(text).map(|number| number.to_string()), None, "{text}");
    }
}

fn sum(text: &str) -> Sum {
    Sum::parse(text).expect("a decimal")
}

#[test]
fn sums_are_exact() {
    let added = sum("0.1") + sum("0.2");
    assert_eq!(added, sum("0.30"));
    assert_eq!(added.to_string(), "0.3");
    assert_eq!((sum("10.00") - sum("10")).to_string(), "0.00");
    assert_eq!((sum("1.05") - sum("2")).to_string(), "-0.95");
    assert_eq!((sum("-0.5") + sum("-0.75")).to_string(), "-1.25");
    assert_eq!(sum("-50.00").to_string(), "-50.00");
    assert_eq!(sum("12.3450000000001").to_string(), "12.3450000000001");
    assert!(sum("-1") < sum("0.1") && sum("-1.5") < sum("-1.4"));
    let most = "9".repeat(18) + "." + &"9".repeat(18);
    let doubled = sum(&most) + sum(&most);
    assert_eq!(doubled.to_string(), format!("1{}.{}8", "9".repeat(18), "9".repeat(17)));
    assert!((doubled - doubled).is_zero());
}

#[test]
fn what_is_no_decimal_is_none() {
    for text in
        ["", "-", "+", ".", "1e5", "1,00", "1 000.00", "--1", "1.2.3", "٣", "1234567890123456789", "x"]
    {
        assert_eq!(Sum::parse(text), None, "{text}");
    }
    assert_eq!(Sum::parse("000000000000000000000012.50"), Some(sum("12.5")));
    assert_eq!(Sum::parse("5."), Some(sum("5")));
    assert_eq!(Sum::parse(".5"), Some(sum("0.5")));
}
