//! Amounts, sums and currencies: what is read, what is refused, and by which name.

use girogate::domain::amount::{Amount, Sums, lexical_decimal};
use girogate::domain::currency::Currency;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn eur(text: &str) -> Result<Amount, String> {
    in_currency(text, "EUR")
}

fn in_currency(text: &str, currency: &str) -> Result<Amount, String> {
    Amount::parse(text, Currency::parse(currency).unwrap()).map_err(|error| error.code().to_owned())
}

#[test]
fn amounts_of_instructions_are_read_exactly() {
    for (text, currency, minor, shown) in [
        ("1250.00", "EUR", 125_000, "1250.00"),
        ("1250", "EUR", 125_000, "1250.00"),
        ("1250.5", "EUR", 125_050, "1250.50"),
        ("0.01", "EUR", 1, "0.01"),
        ("007.50", "EUR", 750, "7.50"),
        ("1.234", "BHD", 1_234, "1.234"),
        ("1", "JPY", 1, "1"),
        ("0.0001", "CLF", 1, "0.0001"),
        ("9999999999999999.99", "EUR", 999_999_999_999_999_999, "9999999999999999.99"),
        ("999999999999999999", "JPY", 999_999_999_999_999_999, "999999999999999999"),
    ] {
        let amount = in_currency(text, currency).unwrap();
        assert_eq!((amount.minor(), amount.to_string().as_str()), (minor, shown), "{text} {currency}");
    }
}

#[test]
fn what_is_no_amount_is_refused_by_name() {
    for (text, currency, code) in [
        ("", "EUR", "amount.empty"),
        ("0", "EUR", "amount.zero"),
        ("0.00", "EUR", "amount.zero"),
        ("-1", "EUR", "amount.sign"),
        ("+1", "EUR", "amount.sign"),
        ("1e5", "EUR", "amount.scientific"),
        ("1.23E+15", "EUR", "amount.scientific"),
        ("1,23E+15", "EUR", "amount.scientific"),
        ("1.234,56", "EUR", "amount.separator"),
        ("1,234.56", "EUR", "amount.separator"),
        ("12,50", "EUR", "amount.separator"),
        ("1.234.567", "EUR", "amount.separator"),
        ("1 250", "EUR", "amount.separator"),
        ("1'250.00", "EUR", "amount.separator"),
        ("1.", "EUR", "amount.format"),
        (".5", "EUR", "amount.format"),
        (" 1", "EUR", "amount.separator"),
        ("١٢٣", "EUR", "amount.format"),
        ("１２", "EUR", "amount.format"),
        ("12€", "EUR", "amount.format"),
        ("=1+1", "EUR", "amount.format"),
        ("NaN", "EUR", "amount.format"),
        ("e", "EUR", "amount.format"),
        ("1.234", "EUR", "amount.decimals"),
        ("1.000", "EUR", "amount.decimals"),
        ("1.0", "JPY", "amount.decimals"),
        ("1.2345", "BHD", "amount.decimals"),
        ("10000000000000000.00", "EUR", "amount.digits"),
        ("10000000000000000", "EUR", "amount.digits"),
        ("1000000000000000000", "JPY", "amount.digits"),
    ] {
        assert_eq!(in_currency(text, currency).unwrap_err(), code, "{text:?} {currency}");
    }
    assert!(Amount::from_minor(-1, Currency::EUR).is_err());
    assert!(Amount::from_minor(1_000_000_000_000_000_000, Currency::EUR).is_err());
    assert!(Amount::from_minor(i64::MAX, Currency::EUR).is_err());
    assert_eq!(Amount::from_minor(0, Currency::EUR).unwrap().to_string(), "0.00");
}

#[test]
fn amounts_of_banks_keep_their_value() {
    let amount =
        |text: &str| Amount::from_decimal(lexical_decimal(text)?, Currency::EUR).ok().map(|a| a.to_string());
    assert_eq!(amount(" +12.5000\n").as_deref(), Some("12.50"));
    assert_eq!(amount("0").as_deref(), Some("0.00"));
    assert_eq!(amount("-0.00").as_deref(), Some("0.00"));
    assert_eq!(amount("12.505"), None);
    assert_eq!(amount("-1"), None);
    assert_eq!(amount("99999999999999999999"), None);
}

#[test]
fn decimals_are_read_in_every_form_of_xml_schema() {
    for (text, value) in [
        ("1.", "1"),
        (".5", "0.5"),
        (" +1.5 ", "1.5"),
        ("\t-0.10\r\n", "-0.10"),
        ("0000000000000000000000000000000000012", "12"),
        ("1.00000000000000000000000000000000000000", "1"),
        ("1234567890123456789012345678", "1234567890123456789012345678"),
        ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
    ] {
        assert_eq!(lexical_decimal(text), Some(value.parse::<Decimal>().unwrap()), "{text:?}");
    }
    for text in [
        "",
        " ",
        ".",
        "+",
        "-",
        "1e5",
        "1,5",
        "1.2.3",
        "--1",
        "+-1",
        "1 2",
        "INF",
        "0x1",
        "١",
        "\u{a0}1",
        "1.12345678901234567890123456789",
    ] {
        assert_eq!(lexical_decimal(text), None, "{text:?}");
    }
}

#[test]
fn sums_never_mix_currencies() {
    let (one, pound) = (eur("1.10").unwrap(), in_currency("2", "GBP").unwrap());
    assert_eq!(one.checked_add(&pound).unwrap_err().code(), "amount.currency_mismatch");
    assert_eq!(one.checked_add(&one).unwrap(), eur("2.20").unwrap());
    assert_eq!(one.checked_sub(&eur("1.11").unwrap()).unwrap_err().code(), "amount.negative");
    let most = eur("9999999999999999.99").unwrap();
    assert_eq!(most.checked_add(&eur("0.01").unwrap()).unwrap_err().code(), "amount.digits");
    let mut sums = Sums::default();
    for amount in [&one, &pound, &one, &most, &most] {
        sums.add(amount).unwrap();
    }
    let shown: Vec<_> = sums.iter().map(|(c, sum)| format!("{c} {} {}", sum.count, sum.total)).collect();
    assert_eq!(shown, ["EUR 4 20000000000000002.18", "GBP 1 2.00"]);
    assert_eq!(sums.of(Currency::USD).count, 0);
}

#[test]
fn currencies_are_those_of_the_standard() {
    for (code, units) in [("EUR", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4), ("VND", 0), ("TND", 3), ("HUF", 2)]
    {
        assert_eq!(Currency::parse(code).unwrap().minor_units(), units, "{code}");
    }
    for (text, code) in [
        ("eur", "currency.format"),
        ("EURO", "currency.format"),
        ("", "currency.format"),
        ("ÄÄ", "currency.format"),
        ("DEM", "currency.unknown"),
        ("AAA", "currency.unknown"),
        ("XAU", "currency.not_payable"),
        ("XXX", "currency.not_payable"),
        ("XTS", "currency.not_payable"),
    ] {
        assert_eq!(Currency::parse(text).unwrap_err().code(), code, "{text}");
    }
    for constant in [Currency::EUR, Currency::GBP, Currency::USD, Currency::CHF] {
        assert_eq!(Currency::parse(constant.code()), Ok(constant));
    }
    assert!(Currency::all().count() > 150);
}

proptest! {
    #[test]
    fn an_amount_survives_its_own_text(minor in 1_i64..1_000_000_000_000_000_000, at in 0_usize..500) {
        let currencies: Vec<Currency> = Currency::all().collect();
        let currency = currencies[at % currencies.len()];
        let amount = Amount::from_minor(minor, currency).unwrap();
        prop_assert_eq!(amount.minor(), minor);
        prop_assert_eq!(Amount::parse(&amount.to_string(), currency), Ok(amount));
        prop_assert_eq!(Amount::from_decimal(lexical_decimal(&format!(" +{amount}\n")).unwrap(), currency), Ok(amount));
    }
}
