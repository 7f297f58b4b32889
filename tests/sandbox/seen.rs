//! What a payment's owner sees in the bank's documents, read by a reader of the test's own: a small tree.

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element with its text and children.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub name: String,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    pub fn parse(octets: &[u8]) -> Node {
        let mut reader = Reader::from_reader(octets);
        let mut stack = vec![Node::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    stack.push(Node { name, ..Node::default() });
                }
                Event::Text(text) => {
                    stack.last_mut().unwrap().text.push_str(text.trim());
                }
                Event::End(_) => {
                    let node = stack.pop().unwrap();
                    stack.last_mut().unwrap().children.push(node);
                }
                Event::Eof => return stack.pop().unwrap(),
                _ => {}
            }
        }
    }

    /// All elements of that name, at any depth.
    pub fn all<'a>(&'a self, name: &str) -> Vec<&'a Node> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }

    /// The text at a path of child names.
    pub fn at(&self, path: &str) -> Option<&str> {
        let mut node = self;
        for name in path.split('/') {
            node = node.children.iter().find(|child| child.name == name)?;
        }
        Some(&node.text)
    }

    pub fn first(&self, name: &str) -> Option<&Node> {
        self.all(name).first().copied()
    }
}

/// A payment as a test knows it.
pub struct Mine<'a> {
    pub message_id: &'a str,
    pub block_id: String,
    pub end_to_end_id: &'a str,
    /// The bank's transaction identification, learnt from the first entry.
    pub transaction_id: Option<String>,
}

/// What a document says about the payment, in the words of the scenario table.
pub fn seen(mine: &mut Mine<'_>, kind: &str, octets: &[u8]) -> Vec<String> {
    let document = Node::parse(octets);
    match &kind[..8] {
        "pain.002" => status(mine, &document).into_iter().collect(),
        "camt.029" => document
            .all("TxInfAndSts")
            .into_iter()
            .filter(|transaction| transaction.at("OrgnlEndToEndId") == Some(mine.end_to_end_id))
            .map(|transaction| match transaction.at("TxCxlSts").unwrap() {
                "ACCR" => "camt.029 CNCL".to_owned(),
                "RJCR" => format!("camt.029 RJCR {}", transaction.at("CxlStsRsnInf/Rsn/Cd").unwrap()),
                other => format!("camt.029 {other}"),
            })
            .collect(),
        "camt.054" | "camt.053" => entries(mine, &kind[..8], &document),
        "pacs.002" => document
            .all("TxInfAndSts")
            .into_iter()
            .filter(|transaction| transaction.at("OrgnlEndToEndId") == Some(mine.end_to_end_id))
            .map(|transaction| format!("pacs.002 transaction {}", transaction.at("TxSts").unwrap()))
            .collect(),
        other => panic!("unexpected {other}"),
    }
}

fn status(mine: &Mine<'_>, document: &Node) -> Option<String> {
    let group = document.first("OrgnlGrpInfAndSts").unwrap();
    if group.at("OrgnlMsgId") != Some(mine.message_id) {
        return None;
    }
    let transaction = document
        .all("TxInfAndSts")
        .into_iter()
        .find(|transaction| transaction.at("OrgnlEndToEndId") == Some(mine.end_to_end_id));
    let reason = |node: &Node| node.at("StsRsnInf/Rsn/Cd").map_or(String::new(), |code| format!(" {code}"));
    if let Some(transaction) = transaction {
        return Some(format!(
            "pain.002 transaction {}{}",
            transaction.at("TxSts").unwrap(),
            reason(transaction)
        ));
    }
    let block = document
        .all("OrgnlPmtInfAndSts")
        .into_iter()
        .find(|block| block.at("OrgnlPmtInfId") == Some(&mine.block_id));
    if let Some(status) = block.and_then(|block| block.at("PmtInfSts")).filter(|status| *status != "PART") {
        return Some(format!("pain.002 block {status}"));
    }
    let status = group.at("GrpSts").filter(|status| *status != "PART")?;
    Some(format!("pain.002 group {status}{}", reason(group)))
}

fn entries(mine: &mut Mine<'_>, kind: &str, document: &Node) -> Vec<String> {
    let mut found = Vec::new();
    for entry in document.all("Ntry") {
        let direction = if entry.at("CdtDbtInd") == Some("DBIT") { "debit" } else { "credit" };
        let batch = entry.at("NtryDtls/Btch/PmtInfId");
        if batch == Some(&mine.block_id) && entry.all("TxDtls").is_empty() {
            found.push(format!("{kind} batch"));
        }
        for transaction in entry.all("TxDtls") {
            let is_named = transaction.at("Refs/EndToEndId") == Some(mine.end_to_end_id);
            let known = transaction.at("Refs/TxId");
            if is_named && mine.transaction_id.is_none() {
                mine.transaction_id = known.map(str::to_owned);
            }
            let is_charge = entry.at("BkTxCd/Domn/Fmly/SubFmlyCd") == Some("CHRG");
            let by_bank_id = !is_named && known.is_some() && known == mine.transaction_id.as_deref();
            match (is_named, by_bank_id) {
                (true, _) if is_charge => found.push(format!("{kind} charge")),
                (true, _) if batch.is_some() => found.push(format!("{kind} batch {direction}")),
                (true, _) => found.push(format!("{kind} {direction}")),
                (false, true) => found.push(format!("{kind} {direction} without ids")),
                (false, false) => {}
            }
        }
    }
    found
}
