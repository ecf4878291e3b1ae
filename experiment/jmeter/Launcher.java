import com.thoughtworks.xstream.XStream;
import java.io.File;
import java.lang.reflect.Field;
import org.apache.jmeter.JMeter;
import org.apache.jmeter.save.SaveService;
import org.apache.jmeter.util.JMeterUtils;

/**
 * Starts Debian's JMeter 2.13. That package was built before its XStream asked for a list of the classes that a file
 * may name, so by itself it refuses every test plan (ForbiddenClassException) and ends with status 0. Here its own
 * classes are put on that list first.
 * Arguments: those of jmeter. The property jmeter.home says where it is.
 */
public final class Launcher {
  private static final String[] OWN_CLASSES = {"org.apache.jmeter.**", "org.apache.jorphan.**"};

  private Launcher() {}

  public static void main(String[] arguments) throws ReflectiveOperationException {
    String home = System.getProperty("jmeter.home");
    // SaveService reads them when it is first used, which is before JMeter.start has read its arguments.
    JMeterUtils.setJMeterHome(home);
    JMeterUtils.loadJMeterProperties(home + File.separator + "bin" + File.separator + "jmeter.properties");
    for (String name : new String[] {"JMXSAVER", "JTLSAVER"}) {
      Field field = SaveService.class.getDeclaredField(name);
      field.setAccessible(true);
      ((XStream) field.get(null)).allowTypesByWildcard(OWN_CLASSES);
    }
    new JMeter().start(arguments);
  }
}
