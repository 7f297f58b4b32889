//! Which clearing system a country's bank codes belong to. Never whether the bank code exists.

use crate::domain::country::Country;

/// Countries whose bank codes are members of one clearing system, by shape of the code where there are two:
/// country, number of characters of the member id (0 = any), clearing system.
/// Source: ISO 20022 `ExternalClearingSystemIdentification1Code`, May 2025; shapes by national practice.
const SYSTEMS: &[(&str, usize, &str)] = &[
    ("AT", 5, "ATBLZ"),
    ("AU", 6, "AUBSB"),
    ("BR", 8, "BRISP"),
    ("CA", 9, "CACPA"),
    ("CH", 6, "CHSIC"),
    ("CH", 0, "CHBCC"),
    ("CN", 12, "CNAPS"),
    ("DE", 8, "DEBLZ"),
    ("EG", 0, "EGNCC"),
    ("ES", 0, "ESNCC"),
    ("GB", 6, "GBDSC"),
    ("GR", 7, "GRBIC"),
    ("HK", 3, "HKNCC"),
    ("IE", 6, "IENCC"),
    ("IN", 11, "INFSC"),
    ("IT", 10, "ITNCC"),
    ("JP", 7, "JPZGN"),
    ("KR", 0, "KRBOK"),
    ("MZ", 0, "MZBMO"),
    ("NA", 0, "NACSC"),
    ("NZ", 6, "NZNCC"),
    ("PL", 8, "PLKNR"),
    ("PT", 8, "PTNCC"),
    ("RU", 9, "RUCBC"),
    ("SE", 4, "SESBA"),
    ("SE", 5, "SESBA"),
    ("SG", 7, "SGIBG"),
    ("TH", 3, "THCBC"),
    ("TW", 7, "TWNCC"),
    ("US", 9, "USABA"),
    ("US", 4, "USPID"),
    ("ZA", 6, "ZANCC"),
    ("ZW", 0, "ZWTSS"),
];

/// Countries whose clearing system has no code of its own: the country code stands for it.
/// Source: ISO 20022 `ExternalClearingSystemIdentification1Code`, May 2025.
const COUNTRY_AS_SYSTEM: &str = "AD AE AF AI AL AM AO AR AS AW AZ BA BD BG BH BI BL BM BN BO BS BT BW BY BZ CD CL \
    CO CR CV CW CY CZ DO DZ EC EE GE GH GN GT GY HN HR HT HU ID IL IQ IS JM JO KE KG KH KM KW KZ LB LK LR LS LT LV \
    LY MD ME MG MK MN MO MR MT MU MW MX MY NG NI NP OM PA PE PG PH PK PS PY QA RO RS RW SA SC SD SI SK SL ST SV SZ \
    TJ TL TM TN TR TT TZ UA UG UY UZ VA VE VN XK ZM";

/// The clearing system of a bank code, where it is clear. `None` also for codes of another shape than their
/// country's system has: then the country is sent instead and the bank finds its way.
pub(super) fn clearing_system(country: Country, bank_code: &str) -> Option<&'static str> {
    let of_table = |(code, length, _): &&(&str, usize, &str)| {
        *code == country.code() && (*length == 0 || *length == bank_code.len())
    };
    let of_list = || COUNTRY_AS_SYSTEM.split_ascii_whitespace().find(|code| *code == country.code());
    SYSTEMS.iter().find(of_table).map(|(.., system)| *system).or_else(of_list)
}
