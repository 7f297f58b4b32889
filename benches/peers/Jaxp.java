import java.io.File;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;

/** Validates a file with the parser and validator that the Java platform brings: Jaxp SCHEMA FILE. Never anything else. */
public final class Jaxp {
    public static void main(String[] arguments) throws Exception {
        var schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(arguments[0]));
        schema.newValidator().validate(new StreamSource(new File(arguments[1])));
    }
}
